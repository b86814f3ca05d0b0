"""The benches by the name they have on the command line; nothing here imports torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .environments import bench_envs
from .growth import BenchMemory
from .measurements import Measurements as Measurements
from .peers import BenchPeers
from .train import BenchTrain

BENCHES: dict[str, Callable[..., Any]] = {
    "train": BenchTrain,
    "memory": BenchMemory,
    "envs": bench_envs,
    "peers": BenchPeers,
}
