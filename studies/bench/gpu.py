"""A training step on a GPU four ways: the reference, Triton, and both in a CUDA graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..design.data import BadData
from .machine import Load, describe, require_device
from .measurements import Measurements
from .turns import Turns

if TYPE_CHECKING:
    from .rounds import Run

Row = dict[str, Any]


@dataclass(frozen=True)
class BenchGPU:
    """Time forward and backward of the cells that have Triton kernels, four ways in turns.

    The ways: the plain loop, the same in a CUDA graph, the Triton kernels, and those in a CUDA
    graph. The shapes are those of copy at exactly --length vectors of 8 bits, the controller an
    LSTM. Neither drawing the batch nor the optimiser's step is in the time. The ways of one model
    take turns within every round; `ratio` is the reference's time over this one's.

    Writes table.md, results.csv, machine.json and the figure (svg, png) to FOLDER/bench/gpu. With
    --device cpu it runs too: what needs a GPU is then listed with the reason why it has no time.
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
        self._check()
        machine = describe(self.device)
        machine["protocol"] = self._protocol()
        load, rows, interrupted = Load(), [], False
        points = list(product(self.cells, self.batches))
        with Turns("bench gpu", len(points)) as turns:
            try:
                for cell, batch in points:
                    rows += list(self._compare(cell, batch, turns))
                    turns.advance()
            except KeyboardInterrupt:
                interrupted = True
        machine["foreign_cores"] = load.foreign()
        notes = ("A time is that of forward, loss and backward, until the device is done.",)
        return Measurements("gpu", self.folder, machine, rows, notes, interrupted)

    def _check(self) -> None:
        from memnets.registry import cells

        require_device(self.device)
        for name in self.cells:
            cells.get(name)
        for name in ("cells", "batches"):
            if not getattr(self, name):
                raise BadData(f"{name} is empty; it must name at least one.")
        for name in ("length", "repeats"):
            if getattr(self, name) < 1:
                raise BadData(f"{name} is {getattr(self, name)}; it must be at least 1.")
        if min(self.batches) < 1:
            raise BadData(f"batches is {self.batches}; all must be at least 1.")

    def _protocol(self) -> Row:
        return {
            "task": f"the shapes of copy, 8 bits, exactly {self.length} vectors",
            "slots": self.slots,
            "width": self.width,
            "controller_size": self.controller_size,
            "rounds": self.repeats,
        }

    def _compare(self, cell: str, batch: int, turns: Turns) -> Iterator[Row]:
        """A row per way."""
        from .gpu_ways import ways
        from .rounds import failure, interleave, summary, warm_up

        base = {"cell": cell, "estimator": "soft", "controller": "lstm", "batch": batch}
        runs: dict[str, Run] = {}
        last: dict[str, float] = {}
        missing: dict[str, str] = {}
        makers: dict[str, Callable[[], Run]] = ways(self, cell, batch)
        for way, ready in makers.items():
            turns.say(f"{cell} batch {batch}: warming up {way}")
            # a time of other points is not lost to one that fails
            try:
                run = ready()
                last[way] = warm_up(run)
            except ValueError as reason:
                missing[way] = f"not covered: {reason}"
            except Exception as error:
                missing[way] = failure(error)
            else:
                runs[way] = run
        turns.say(f"{cell} batch {batch}: {self.repeats} rounds of {', '.join(runs) or 'nothing'}")
        times, failed = interleave(runs, self.repeats, last)
        missing |= {way: failure(error) for way, error in failed.items()}
        found = {way: summary(values) for way, values in times.items()}
        reference = found.get("reference", {}).get("ms")
        for way in makers:
            if way in missing:
                yield {**base, "backend": way, "note": missing[way]}
                continue
            ms = found[way]["ms"]
            yield {
                **base,
                "backend": way,
                **found[way],
                "sequences_per_second": 1e3 * batch / ms,
                "ratio": reference / ms if reference else None,
                "note": "",
            }
