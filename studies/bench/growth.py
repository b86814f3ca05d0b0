"""What memory costs as it grows."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..design.data import BadData, hint
from .machine import Load, describe
from .measurements import Measurements
from .turns import Turns

POWERS = tuple(2**power for power in (7, 10, 13, 16, 18, 20))


@dataclass(frozen=True)
class BenchMemory:
    """Time and peak memory of memory alone against its number of slots, 128 to 1,048,576.

    One sequence is timed, forward and backward, without controller and optimiser. Where the address
    is found by scoring every slot, that cost stands apart from the cost of reading and writing, so
    that it can be seen which of the two grows. Every point has a process of its own; what would
    take more than 30 s per sequence, or more memory than is free, is foretold and not run.

    Writes table.md, results.csv, machine.json and the figure (svg, png) to FOLDER/bench/memory.
    Ctrl-C stops and keeps what was measured.
    """

    slots: tuple[int, ...] = field(default=POWERS)
    models: tuple[str, ...] = ()
    """Memories to measure; none named means all that there are."""
    batch: int = 8
    steps: int = 50
    """Steps of a sequence."""
    width: int = 20
    threads: int = 1
    folder: Path = Path("runs")

    def __call__(self) -> Measurements:
        for name in ("slots", "batch", "steps", "width", "threads"):
            value = getattr(self, name)
            if min(value, default=0) < 1 if isinstance(value, tuple) else value < 1:
                raise BadData(f"{name} is {value}; it must be at least 1.")
        from ..running.threads import torch_threads
        from .memory import measure
        from .memory_models import MODELS

        for name in self.models:
            if name not in MODELS:
                raise BadData(f"no memory {name!r} to measure.{hint(name, list(MODELS))}")
        points = [(n, name) for n in sorted(set(self.slots)) for name in self.models or MODELS]
        rows: list[dict[str, Any]] = []
        interrupted = False
        machine, load = describe("cpu", self.threads), Load()
        sizes = {"batch": self.batch, "steps": self.steps, "width": self.width}
        machine["protocol"] = sizes
        with Turns("bench memory", len(points)) as turns, torch_threads(self.threads):
            try:
                # one point at a time, so that what was measured outlives Ctrl-C
                for slots, name in points:
                    turns.say(f"{name}, {slots} slots")
                    rows += measure((slots,), models=(name,), **sizes)
                    turns.advance()
            except KeyboardInterrupt:
                interrupted = True
        machine["foreign_cores"] = load.foreign()
        notes = (
            "ms is the median over sequences, forward and backward, of the memory without "
            "controller and optimiser. Access: the same writes and reads at addresses given "
            "beforehand; address: the rest, that is finding them.",
            "Peak: by how much a sequence raises resident memory, without the contents that it "
            "begins with, which stand under buffer.",
        )
        return Measurements("memory", self.folder, machine, rows, notes, interrupted)
