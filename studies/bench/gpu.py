"""`memnets bench gpu`: forward and backward four ways, with Triton and CUDA graphs or without."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from ..running.progress_bar import ProgressBar
from .load import Load
from .machine import describe, require_device
from .measurements import Measurements
from .options import require_positive, require_some

Row = dict[str, Any]


@dataclass(frozen=True)
class BenchGPU:
    """Time forward and backward of the cells that have Triton kernels, four ways.

    The ways: the plain loop, the same in a CUDA graph, the Triton kernels, and those in a CUDA
    graph. The shapes are those of copy at exactly --length vectors of 8 bits, the controller an
    LSTM. Neither drawing the batch nor the optimiser's step is in the time. Every round times each
    way of a model once; `ratio` is the reference's time over this way's.

    Writes table.md, results.csv, machine.json and the figure (svg, png) to FOLDER/bench/gpu. It
    also runs with --device cpu; the ways that need a GPU are then listed with that reason.
    """

    cells: tuple[str, ...] = ("ntm", "dnc")
    batches: tuple[int, ...] = (1, 16, 64, 256)
    length: int = 20
    """Vectors to copy; a sequence then has 2 × length + 2 steps."""
    slots: int = 128
    width: int = 20
    controller_size: int = 100
    repeats: int = 15
    """Rounds per point; times are medians over them."""
    folder: Path = Path("runs")
    device: str = "cuda"

    def __call__(self) -> Measurements:
        self.check()
        machine = describe(self.device)
        machine["protocol"] = self._protocol()
        load, rows, interrupted = Load(), [], False
        points = list(product(self.cells, self.batches))
        with ProgressBar("bench gpu", len(points)) as bar:
            try:
                for cell, batch in points:
                    rows += self._compare(cell, batch, bar)
                    bar.advance()
            except KeyboardInterrupt:
                interrupted = True
        machine["foreign_cores"] = load.foreign()
        notes = ("A time is that of forward, loss and backward, until the device is done.",)
        return Measurements("gpu", self.folder, machine, rows, notes, interrupted)

    def check(self) -> None:
        """Raises BadData, or a registry's error, for an option that means nothing."""
        from memnets.registry import cells

        require_device(self.device)
        for name in self.cells:
            cells.get(name)
        require_some(self, "cells")
        require_positive(self, "batches", "length", "slots", "width", "controller_size", "repeats")

    def _protocol(self) -> Row:
        return {
            "task": f"the shapes of copy, 8 bits, exactly {self.length} vectors",
            "slots": self.slots,
            "width": self.width,
            "controller_size": self.controller_size,
            "rounds": self.repeats,
        }

    def _compare(self, cell: str, batch: int, bar: ProgressBar) -> list[Row]:
        """A row per way."""
        from . import timing
        from .gpu_ways import ways

        label = f"{cell} batch {batch}"
        base = {"cell": cell, "estimator": "soft", "controller": "lstm", "batch": batch}
        makers = ways(self, cell, batch)
        candidates, notes = timing.prepare(makers, lambda text: bar.say(f"{label}: {text}"))
        bar.say(f"{label}: {self.repeats} rounds of {', '.join(candidates) or 'nothing'}")
        times, failed = timing.interleave(candidates, self.repeats)
        notes |= {way: timing.failure(error) for way, error in failed.items()}
        return [base | row for row in timing.backend_rows(makers, times, notes, batch)]
