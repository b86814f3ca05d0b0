"""The commands of `memnets bench`; nothing here imports torch."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from studies.bench.agents import BenchAgents
from studies.bench.chunked import BenchChunked
from studies.bench.device import bench_device
from studies.bench.environments import bench_envs
from studies.bench.gpu import BenchGPU
from studies.bench.measurements import Measurements
from studies.bench.memory import BenchMemory
from studies.bench.peers import BenchPeers
from studies.bench.report import BenchReport
from studies.bench.store import BenchStore
from studies.bench.train import BenchTrain

BENCHES: dict[str, Callable[..., Any]] = {
    "train": BenchTrain,
    "memory": BenchMemory,
    "chunked": BenchChunked,
    "envs": bench_envs,
    "agents": BenchAgents,
    "gpu": BenchGPU,
    "device": bench_device,
    "peers": BenchPeers,
    "store": BenchStore,
    "report": BenchReport,
}


def finish(outcome: Any) -> int:
    """Publish and print the outcome of a bench; returns the exit status of its command."""
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
