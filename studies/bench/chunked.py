"""`memnets bench chunked`: whole stretches of a sequence at once, beside one step after another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..design.data import BadData
from ..running.progress_bar import ProgressBar
from .load import Load
from .machine import describe
from .measurements import Measurements
from .options import require_positive

if TYPE_CHECKING:
    from .timing import Timer

Row = dict[str, Any]

FORMS = ("reference", "chunked")
"""The backends that are compared."""

LENGTHS = (2, 4, 8, 16, 64, 256, 1024, 2048)

NOTE = (
    "ms: forward and backward of a whole network whose controller is not fed what was read; median "
    "over rounds. Peak: by how much one such pass raises the resident memory of its process."
)


@dataclass(frozen=True)
class BenchChunked:
    """Time memories over whole sequences: in stretches of steps at once, and step by step.

    One pass is timed, forward and backward, of a network whose controller is not fed what was read:
    an LSTM, a memory of the sizes of its paper, soft addresses. Every round times both forms once;
    `ratio` is the reference's time over that of `chunked`. A note says for each memory from which
    length on `chunked` is faster. Peak memory is measured in processes of their own.

    Writes table.md, results.csv, machine.json and the figure (svg, png) to FOLDER/bench/chunked.
    Ctrl-C stops and keeps what was measured.
    """

    cells: tuple[str, ...] = ()
    """Memories to measure; without a name, all that have a chunked form."""
    lengths: tuple[int, ...] = LENGTHS
    """Steps of a sequence."""
    batch: int = 8
    controller_size: int = 100
    threads: int = 2
    repeats: int = 5
    """Rounds per memory and length; times are medians over them."""
    folder: Path = Path("runs")

    def __call__(self) -> Measurements:
        self.check()
        from memnets.backends.chunked.cells.base import chunked_cells

        cells, lengths = self.cells or tuple(chunked_cells), sorted(set(self.lengths))
        machine = describe("cpu", self.threads)
        machine["protocol"] = {
            "model": f"soft addresses, LSTM of {self.controller_size} that sees the input alone",
            "memory": "slots, width and heads of each cell by default",
            "batch": self.batch,
            "rounds": self.repeats,
        }
        load, rows, interrupted = Load(), [], False
        with ProgressBar("bench chunked", len(cells) * len(lengths)) as bar:
            try:
                for cell in cells:
                    bar.say(f"{cell}: memory")
                    peaks = {form: self._peaks(cell, form, lengths) for form in FORMS}
                    for length in lengths:
                        rows += self._compare(cell, length, peaks, bar)
                        bar.advance()
            except KeyboardInterrupt:
                interrupted = True
        machine["foreign_cores"] = load.foreign()
        notes = (NOTE, *crossovers(rows))
        return Measurements("chunked", self.folder, machine, rows, notes, interrupted)

    def check(self) -> None:
        """Raises BadData, or a registry's error, for an option that means nothing."""
        from memnets.backends.chunked.cells.base import chunked_cells
        from memnets.registry import cells

        for name in self.cells:
            cells.get(name)
            if name not in chunked_cells:
                known = ", ".join(chunked_cells)
                raise BadData(f"the cell {name} has no chunked form; those that do are {known}.")
        require_positive(self, "lengths", "batch", "controller_size", "threads", "repeats")

    def _compare(
        self, cell: str, length: int, peaks: Mapping[str, Row], bar: ProgressBar
    ) -> list[Row]:
        """A row per form."""
        from ..running.threads import torch_threads
        from . import timing
        from .chunked_point import timer

        label = f"{cell}, {length} steps"
        makers: dict[str, Callable[[], Timer]] = {
            form: partial(timer, cell, form, length, self.batch, self.controller_size)
            for form in FORMS
        }
        with torch_threads(self.threads):
            candidates, notes = timing.prepare(
                makers, lambda text: bar.say(f"{label}: {text}"), most=2
            )
            bar.say(f"{label}: {self.repeats} rounds")
            times, failed = timing.interleave(candidates, self.repeats)
        notes |= {form: timing.failure(error) for form, error in failed.items()}
        extra = {form: {"peak_mb": peaks[form].get(str(length))} for form in FORMS}
        rows = timing.backend_rows(FORMS, times, notes, self.batch, extra)
        for row in rows:
            row["note"] = row["note"] or peaks[row["backend"]].get("note", "")
        model = {"cell": cell, "estimator": "soft", "controller": "lstm", "batch": self.batch}
        return [model | {"length": length} | row for row in rows]

    def _peaks(self, cell: str, form: str, lengths: Sequence[int]) -> Row:
        """MB by length, as JSON has keys; or a note of what went wrong."""
        point = {"cell": cell, "form": form, "lengths": lengths, "batch": self.batch}
        point |= {"controller_size": self.controller_size, "threads": self.threads}
        finished = subprocess.run(
            [sys.executable, "-m", f"{__package__}.chunked_point", json.dumps(point)],
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=False,
        )
        if finished.returncode:
            lines = finished.stderr.strip().splitlines() or [f"status {finished.returncode}"]
            return {"note": f"failed: memory: {lines[-1]}"}
        found: Row = json.loads(finished.stdout.splitlines()[-1])
        return found


def crossovers(rows: Iterable[Row]) -> list[str]:
    """A sentence per cell: the length from which on `chunked` is faster at every length measured.

    Rows without a ratio, of a form that failed, are not looked at.
    """
    ratios: dict[str, dict[int, float]] = {}
    for row in rows:
        if row["backend"] == "chunked" and row.get("ratio"):
            ratios.setdefault(row["cell"], {})[row["length"]] = row["ratio"]
    return [f"{cell}: {_crossover(by_length)}" for cell, by_length in ratios.items()]


def _crossover(ratios: Mapping[int, float]) -> str:
    slower = [length for length, ratio in ratios.items() if ratio <= 1]
    faster = [length for length in ratios if length > max(slower, default=0)]
    if not slower:
        return f"chunked is faster at every length measured, from {_steps(min(ratios))} on."
    if not faster:
        return f"chunked is not faster at the longest length measured, {_steps(max(ratios))}."
    return f"chunked is faster from {min(faster)} steps on, and not at {max(slower)}."


def _steps(length: int) -> str:
    return f"{length} step{'s' * (length > 1)}"
