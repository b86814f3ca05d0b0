"""The benches by the name they have on the command line; nothing here imports torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from studies.bench.environments import bench_envs
from studies.bench.growth import BenchMemory
from studies.bench.measurements import Measurements as Measurements
from studies.bench.peers import BenchPeers
from studies.bench.train import BenchTrain

BENCHES: dict[str, Callable[..., Any]] = {
    "train": BenchTrain,
    "memory": BenchMemory,
    "envs": bench_envs,
    "peers": BenchPeers,
}
