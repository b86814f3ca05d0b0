"""`memnets bench report`: how long the page of a large study takes, what memory, and its size."""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .cold_rounds import Point, cold_rounds, medians
from .family import run_and_watch
from .load import Load
from .machine import describe
from .measurements import Measurements
from .options import require_positive

if TYPE_CHECKING:
    from memnets.spec import ModelSpec

    from ..design.trial import Trial
    from ..running.store import ResultStore

WAYS = ("without caches", "with caches")
NOTES = (
    "*with caches* is the report of trials that have their rows as columns beside them, as "
    "finished ones do, *without caches* that of rows which are parsed. "
    "Each is made by `memnets report` in a process of its own, which loads everything, draws, and "
    "writes all files. *Peak* is the most memory that it had, with the processes that draw for it. "
    "*Page* is index.html, *All files* are what lies in the folder of the report.",
)
TASKS = ("copy", "repeat_copy", "associative_recall", "reverse", "priority_sort")
CELLS = ("ntm", "dnc", "dntm", "sam", "lrua")
ESTIMATORS = ("soft", "hardened", "straight_through", "gumbel", "reinforce", "top_k")
SLOTS = (32, 64, 128, 256)
_EVALUATIONS = 24
_STEP = 200
# how addresses are made in training and at test, and wrong answers beside those of the own address
_KINDS = {
    "soft": ("soft", "soft", {"soft": 0.0, "one slot": 0.4, "cut off": 6.0}),
    "hardened": ("soft", "one slot", {"soft": -0.3, "one slot": 0.0, "cut off": 6.0}),
    "top_k": ("k slots", "k slots", {"one slot": 0.2, "cut off": 6.0}),
}
_CHOOSES = ("one slot", "one slot", {"soft": 0.1, "one slot": 0.0, "cut off": 6.0})


@dataclass(frozen=True)
class BenchReport:
    """Time the report of a large study; its most memory and the size of its page, too.

    Results of --models models on --tasks tasks with --seeds seeds are made up in a temporary folder
    and removed afterwards: 408 rows and one evaluated sequence of each trial.

    Writes table.md, results.csv, machine.json and the figure (svg, png) to FOLDER/bench/report.
    """

    models: int = 60
    tasks: int = 5
    seeds: int = 5
    repeats: int = 1
    """Rounds; times and memory are medians over them."""
    folder: Path = Path("runs")

    def check(self) -> None:
        """Raises BadData, or ValueError, for an option that means nothing."""
        require_positive(self, "models", "tasks", "seeds", "repeats")
        for name, most in (("tasks", len(TASKS)), ("models", len(_specs(None)))):
            if getattr(self, name) > most:
                raise ValueError(f"--{name} is at most {most}, got {getattr(self, name)}")

    def __call__(self) -> Measurements:
        self.check()
        machine = describe("cpu", 1)
        sizes = {"models": self.models, "tasks": self.tasks, "seeds": self.seeds}
        machine["protocol"] = {**sizes, "rounds": self.repeats}
        load = Load()
        points, interrupted = cold_rounds(
            "bench report",
            WAYS,
            self.repeats,
            lambda folder: fill(folder, self.models, self.tasks, self.seeds),
            lambda _, folder: _in_a_process(folder),
        )
        machine["foreign_cores"] = load.foreign()
        rows = [self._row(way, each) for way, each in points.items() if each]
        return Measurements("report", self.folder, machine, rows, NOTES, interrupted)

    def _row(self, way: str, points: Sequence[Point]) -> dict[str, Any]:
        trials = self.models * self.tasks * self.seeds
        sizes = {"way": way, "models": self.models, "tasks": self.tasks, "trials": trials}
        return sizes | medians(points)


def fill(folder: Path, models: int, tasks: int, seeds: int) -> ResultStore:
    """A store in `folder` with so many finished trials, made up and the same every time."""
    from ..design.study import Study
    from ..design.trial import TaskSpec
    from ..procedures.supervised import Supervised
    from ..running.store import ResultStore

    study = Study(
        name=folder.name,
        question="How long does the report of a large study take?",
        tasks={name: TaskSpec(name) for name in TASKS[:tasks]},
        models=_specs(models),
        procedure=Supervised(updates=_EVALUATIONS * _STEP, solved_errors=0.05),
        seeds=tuple(range(seeds)),
    )
    store = ResultStore(folder)
    for number, trial in enumerate(study.trials()):
        _train(store, trial, np.random.default_rng(number))
    store.declare(study)
    return store


def _specs(models: int | None) -> dict[str, ModelSpec]:
    from memnets.spec import ModelSpec

    made = {
        f"{cell}/{estimator}, {slots} slots": ModelSpec(
            cell, estimator, cell_options={"slots": slots}
        )
        for slots, cell, estimator in itertools.product(SLOTS, CELLS, ESTIMATORS)
    }
    return dict(itertools.islice(made.items(), models))


def _train(store: ResultStore, trial: Trial, rng: np.random.Generator) -> None:
    """Rows, facts and a trace as training leaves them; better models are better at every length."""
    from ..design.data import line

    store.begin(trial)
    in_training, at_test, others = _KINDS.get(trial.model.estimator, _CHOOSES)
    shortest, longest = trial.task.build().lengths
    lengths = (shortest, (shortest + longest) // 2, longest, 2 * longest)
    level, pace = rng.uniform(0.6, 1.0), rng.uniform(2, 8)
    milliseconds, rows, solved = float(rng.uniform(1, 9)), [], None
    for number in range(1, _EVALUATIONS + 1):
        step, wrong = number * _STEP, 1 - level * (1 - np.exp(-number / pace))
        place = {"step": step, "sequences": 16 * step, "seconds": 0.016 * step * milliseconds}
        marks = {"bits": 40 * wrong, "accuracy": 1 - wrong / 2, "entropy": wrong}
        rows.append({**place, "kind": "train", "length": None, **marks, "gradient_norm": wrong})
        for length in lengths:
            errors = 4 * length * wrong + max(0, length - longest) / 4
            marks = {"bits": 2 * errors, "accuracy": max(1 - errors / (8 * length), 0.0)}
            for address, more in {"own": 0.0, **others}.items():
                row = {**place, "kind": "test", "address": address, "length": length}
                row |= {"min_length": shortest, "max_length": longest, "excess_bits": None}
                rows.append({**row, **marks, "errors": errors + more, "entropy": wrong})
        if wrong < 0.02 and solved is None:
            solved = place
    text = "".join(f"{line(row)}\n" for row in rows)
    (store.path(trial) / "metrics.jsonl").write_text(text, encoding="utf-8")
    facts: dict[str, Any] = {
        "seconds": place["seconds"],
        "sequences": place["sequences"],
        "solved": solved,
    }
    facts |= {"updates": step, "backend": "numba"}
    facts |= {"parameters": 12_345, "state_size": 2_560, "step_flops": 98_765}
    facts |= {"in_training": in_training, "at_test": at_test}
    store.finish(trial, facts, _trace(int(trial.model.cell_options["slots"]), rng))


def _trace(slots: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """One evaluated sequence: bits that are written slot by slot and read in the same order."""
    length, width, heads = 20, 8, ("write", "read")
    steps = 2 * length + 1
    pattern = rng.integers(0, 2, (length, width)).astype(np.float32)
    inputs, targets = np.zeros((steps, width + 1), np.float32), np.zeros((steps, width), np.float32)
    inputs[:length, :width], inputs[length, width], targets[length + 1 :] = pattern, 1, pattern
    outputs = np.clip(targets + rng.normal(0, 0.1, targets.shape), 0, 1).astype(np.float32)
    weights = rng.dirichlet(np.full(slots, 0.05), (steps, len(heads))).astype(np.float32)
    for step in range(steps):
        weights[step, :, step % (length + 1)] = 0.85
    arrays: dict[str, np.ndarray] = {
        "inputs_TX": inputs,
        "targets_TY": targets,
        "outputs_TY": outputs,
    }
    arrays |= {"mask_T": np.arange(steps) > length, "weights_THN": weights}
    return {**arrays, "heads": np.array(heads, dtype=np.str_)}


def _in_a_process(folder: Path) -> dict[str, float]:
    said, most = run_and_watch(
        [sys.executable, "-m", f"{__package__}.report_point", str(folder)],
        {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    return found | {"peak_mb": max(most, found["peak_mb"])}
