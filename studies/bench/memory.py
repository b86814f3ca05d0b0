"""What memory costs as it grows: time and peak memory of one sequence, by model and by slots."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

BATCH, STEPS, WIDTH = 8, 50, 20

LIMIT_S = 30.0
"""A sequence that would take longer is not run."""

SHARE = 0.7
"""Of the memory that is free, so much may be used."""


def measure(
    slots: Iterable[int],
    *,
    batch: int = BATCH,
    steps: int = STEPS,
    width: int = WIDTH,
    models: Iterable[str] | None = None,
) -> list[dict[str, Any]]:
    """One row per model and number of slots: the cost of a sequence, forward and backward.

    `ms` is the median over sequences; `access_ms` that of the same writes and reads at addresses
    given beforehand, `address_ms` the rest. `peak_mb` is by how much a sequence raises the resident
    memory, without the contents at its beginning, which `buffer_mb` counts. Every point has a
    process of its own, with as many threads as this one. A sequence that would take more than half
    a minute, or more memory than is free, is not run: its numbers are None and `note` says so. So
    it is with one that fails: its note begins with "failed: ".
    """
    import psutil
    import torch

    from .memory_models import MODELS

    rows = []
    for model in models or MODELS:
        for count in slots:
            limit_mb = SHARE * psutil.virtual_memory().available / 1e6
            point = {"model": model, "slots": count, "batch": batch, "steps": steps, "width": width}
            limits = {"limit_s": LIMIT_S, "limit_mb": limit_mb, "threads": torch.get_num_threads()}
            rows.append(_in_a_process(point | limits))
    return rows


def _without_numbers(point: dict[str, Any], note: str) -> dict[str, Any]:
    known = {name: point[name] for name in ("model", "slots", "batch", "steps")}
    missing = dict.fromkeys(("ms", "address_ms", "access_ms", "peak_mb", "buffer_mb"))
    return known | missing | {"note": note}


def _in_a_process(point: dict[str, Any]) -> dict[str, Any]:
    """The row of a point; if it failed, its note is what its process said last."""
    finished = subprocess.run(
        [sys.executable, "-m", f"{__package__}.memory_point", json.dumps(point)],
        capture_output=True,
        encoding="utf-8",
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            # what is not torch has threads of its own
            "OMP_NUM_THREADS": str(point["threads"]),
        },
        check=False,
    )
    if finished.returncode < 0:
        signal = -finished.returncode
        return _without_numbers(point, f"not run: its process was ended by signal {signal}")
    if finished.returncode:
        said = finished.stderr.strip().splitlines() or [f"exit status {finished.returncode}"]
        return _without_numbers(point, f"failed: {said[-1]}")
    return json.loads(finished.stdout.splitlines()[-1])
