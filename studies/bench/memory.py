"""`memnets bench memory`: time and peak memory of one sequence, by memory and number of slots."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..design.data import BadData, hint
from ..running.progress_bar import ProgressBar
from .load import Load
from .machine import describe
from .measurements import Measurements
from .options import require_positive

Row = dict[str, Any]

SLOTS = tuple(2**power for power in (7, 10, 13, 16, 18, 20))

BATCH, STEPS, WIDTH = 8, 50, 20

LIMIT_S = 30.0
"""A sequence that would take longer is not run."""

SHARE = 0.7
"""The fraction of the free memory that a sequence may use."""

NOTES = (
    "ms is the median over sequences, forward and backward, of the memory without "
    "controller and optimiser. Access: the same writes and reads at addresses given "
    "beforehand; address: the rest, that is finding them.",
    "Peak: by how much a sequence raises resident memory, without the contents that it "
    "begins with, which stand under buffer.",
)


@dataclass(frozen=True)
class BenchMemory:
    """Time and peak memory of memory alone against its number of slots, 128 to 1,048,576.

    One sequence is timed, forward and backward, without controller and optimiser. Reading and
    writing are also timed alone, at addresses that are already known; the rest is the cost of
    finding the addresses. So the table shows which of the two grows with the number of slots. Every
    point has a process of its own. A point is not run where short sequences predict more than 30 s
    per sequence, or more memory than is free.

    Writes table.md, results.csv, machine.json and the figure (svg, png) to FOLDER/bench/memory.
    Ctrl-C stops and keeps what was measured.
    """

    slots: tuple[int, ...] = SLOTS
    models: tuple[str, ...] = ()
    """Memories to measure; without a name, all of them."""
    batch: int = BATCH
    steps: int = STEPS
    """Steps of a sequence."""
    width: int = WIDTH
    threads: int = 1
    folder: Path = Path("runs")

    def __call__(self) -> Measurements:
        self.check()
        from ..running.threads import torch_threads
        from .memory_models import MODELS

        points = [(n, name) for n in sorted(set(self.slots)) for name in self.models or MODELS]
        rows: list[Row] = []
        interrupted = False
        machine, load = describe("cpu", self.threads), Load()
        sizes = {"batch": self.batch, "steps": self.steps, "width": self.width}
        machine["protocol"] = sizes
        with ProgressBar("bench memory", len(points)) as bar, torch_threads(self.threads):
            try:
                # one point at a time, so that Ctrl-C loses none that is done
                for slots, name in points:
                    bar.say(f"{name}, {slots} slots")
                    rows += measure((slots,), models=(name,), **sizes)
                    bar.advance()
            except KeyboardInterrupt:
                interrupted = True
        machine["foreign_cores"] = load.foreign()
        return Measurements("memory", self.folder, machine, rows, NOTES, interrupted)

    def check(self) -> None:
        """Raises BadData, or a registry's error, for an option that means nothing."""
        require_positive(self, "slots", "batch", "steps", "width", "threads")
        from .memory_models import MODELS

        for name in self.models:
            if name not in MODELS:
                raise BadData(f"no memory {name!r} to measure.{hint(name, list(MODELS))}")


def measure(
    slots: Iterable[int],
    *,
    batch: int = BATCH,
    steps: int = STEPS,
    width: int = WIDTH,
    models: Iterable[str] | None = None,
) -> list[Row]:
    """One row per model and number of slots: the cost of a sequence, forward and backward.

    `ms` is the median over sequences; `access_ms` that of the same writes and reads at known
    addresses; `address_ms` is the rest. `peak_mb` is by how much a sequence raises the resident
    memory; the contents at its beginning are not in it and stand under `buffer_mb`. Every point has
    a process of its own, with as many threads as this one. A point beyond the limits of time or
    memory is not run: its numbers are None and `note` has the reason. The note of a point that
    fails begins with "failed: ".
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


def _in_a_process(point: Row) -> Row:
    """The row of a point; if its process failed, the note is the last line that it wrote."""
    finished = subprocess.run(
        [sys.executable, "-m", f"{__package__}.memory_point", json.dumps(point)],
        capture_output=True,
        encoding="utf-8",
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            # libraries other than torch have threads of their own
            "OMP_NUM_THREADS": str(point["threads"]),
        },
        check=False,
    )
    if finished.returncode < 0:
        signal = -finished.returncode
        return _without_numbers(point, f"not run: its process was ended by signal {signal}")
    if finished.returncode:
        lines = finished.stderr.strip().splitlines() or [f"exit status {finished.returncode}"]
        return _without_numbers(point, f"failed: {lines[-1]}")
    return json.loads(finished.stdout.splitlines()[-1])


def _without_numbers(point: Row, note: str) -> Row:
    known = {name: point[name] for name in ("model", "slots", "batch", "steps")}
    missing = dict.fromkeys(("ms", "address_ms", "access_ms", "peak_mb", "buffer_mb"))
    return known | missing | {"note": note}
