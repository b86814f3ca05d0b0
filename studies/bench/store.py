"""`memnets bench store`: how long the results of a large study take to load, and what memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .cold_rounds import Point, cold_rounds, medians
from .load import Load
from .machine import describe
from .measurements import Measurements
from .options import require_positive

if TYPE_CHECKING:
    from ..running.store import ResultStore

WAYS = ("without caches", "with caches", "facts")
NOTES = (
    "*without caches* parses the rows of all trials, *with caches* reads the columns that finished "
    "trials have beside them, *facts* what done.json says of every trial. Each is timed in a "
    "process of its own, after its "
    "imports; the files are in the system's cache. *Peak* is the most memory that the process had, "
    "of which it had *before* when it had imported pandas and memnets.",
)


@dataclass(frozen=True)
class BenchStore:
    """Time how the results of a study are loaded, and the most memory that takes.

    A store of --trials finished trials, each with --rows rows like those that training writes, is
    made in a temporary folder and removed afterwards. 1,000 trials of 500 rows take 150 MB there.

    Writes table.md, results.csv, machine.json and the figure (svg, png) to FOLDER/bench/store.
    """

    trials: int = 1_000
    rows: int = 500
    repeats: int = 5
    """Rounds; times and memory are medians over them."""
    folder: Path = Path("runs")

    def check(self) -> None:
        """Raises BadData for an option that means nothing."""
        require_positive(self, "trials", "rows", "repeats")

    def __call__(self) -> Measurements:
        self.check()
        machine = describe("cpu", 1)
        machine["protocol"] = {
            "trials": self.trials,
            "rows of each": self.rows,
            "rounds": self.repeats,
        }
        load = Load()
        points, interrupted = cold_rounds(
            "bench store",
            WAYS,
            self.repeats,
            lambda folder: fill(folder, self.trials, self.rows),
            _in_a_process,
        )
        machine["foreign_cores"] = load.foreign()
        rows = [self._row(way, each) for way, each in points.items() if each]
        return Measurements("store", self.folder, machine, rows, NOTES, interrupted)

    def _row(self, way: str, points: Sequence[Point]) -> dict[str, Any]:
        sizes = {"way": way, "trials": self.trials, "rows": self.trials * self.rows}
        return sizes | medians(points)


def fill(folder: Path, trials: int, rows: int) -> ResultStore:
    """A store in `folder` with so many finished trials, each of so many rows."""
    from memnets.spec import ModelSpec

    from ..design.data import line
    from ..design.study import Study
    from ..design.trial import TaskSpec
    from ..procedures.supervised import Supervised
    from ..running.store import ResultStore

    study = Study(
        name="bench",
        question="How long do many rows take to load?",
        tasks={"copy": TaskSpec("copy")},
        models={name: ModelSpec("ntm", name) for name in ("soft", "reinforce")},
        procedure=Supervised(),
        seeds=tuple(range(-(-trials // 2))),
    )
    store = ResultStore(folder)
    for number, trial in zip(range(trials), study.trials(), strict=False):
        store.begin(trial)
        text = "".join(f"{line(_row(place, number))}\n" for place in range(rows))
        (store.path(trial) / "metrics.jsonl").write_text(text, encoding="utf-8")
        store.finish(trial, {"seconds": 1.5 * rows, "updates": rows, "backend": "numba"})
    store.declare(study)
    return store


def _row(place: int, trial: int) -> dict[str, Any]:
    """A row like those of training: a mean over updates, then a test at each length."""
    lengths = (None, 1, 2, 4, 8)
    step, length = place // len(lengths), lengths[place % len(lengths)]
    value = 1 / (1 + place + trial)
    row: dict[str, Any] = {"step": step, "sequences": 16 * step, "seconds": 1.5 * place + value}
    marks = {"bits": 9 * value, "accuracy": 1 - value, "errors": 5 * value, "entropy": value / 3}
    if length is None:
        trained = {"gradient_norm": 7 * value, "one_slot_share": 0.0}
        return {**row, "kind": "train", "length": None, **marks, **trained}
    tested = {"excess_bits": None, "sequence_accuracy": 1 - value / 7}
    return {**row, "kind": "test", "address": "own", "length": length, **marks, **tested}


def _in_a_process(way: str, folder: Path) -> dict[str, float]:
    finished = subprocess.run(
        [sys.executable, "-m", f"{__package__}.store_point", way, str(folder)],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
    )
    return json.loads(finished.stdout.splitlines()[-1])
