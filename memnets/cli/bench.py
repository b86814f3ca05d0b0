"""The commands of `memnets bench`; nothing here imports torch."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from studies.bench.device import bench_device
from studies.bench.environments import bench_envs
from studies.bench.gpu import BenchGPU
from studies.bench.growth import BenchMemory
from studies.bench.measurements import Measurements
from studies.bench.peers import BenchPeers
from studies.bench.train import BenchTrain

BENCHES: dict[str, Callable[..., Any]] = {
    "train": BenchTrain,
    "memory": BenchMemory,
    "envs": bench_envs,
    "gpu": BenchGPU,
    "device": bench_device,
    "peers": BenchPeers,
}


def finish(outcome: Any) -> int:
    """The exit status of a command; what a bench measured is published and printed first."""
    if not isinstance(outcome, Measurements):
        return outcome
    from reports.bench import present

    status = present(outcome)
    failed = [row["note"] for row in outcome.rows if row.get("note", "").startswith("failed: ")]
    if failed:
        print(
            f"memnets: {len(failed)} of {len(outcome.rows)} points {failed[0]}; "
            "the table has the reason of each.",
            file=sys.stderr,
        )
    return status
