"""A store as a report sees it: rows of finished trials, their facts, the failures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .memory_kinds import memory_kind

if TYPE_CHECKING:
    from studies.design.trial import Trial
    from studies.running.store import ResultStore

FACTORS = ["trial", "task", "cell", "estimator", "controller", "model", "seed"]
METRICS = ["accuracy", "sequence_accuracy", "errors", "bits", "excess_bits", "entropy"]
_PLACE = ["step", "sequences", "seconds", "kind", "length", "min_length", "max_length"]
_FACTS = ["discrete", "parameters", "state_size", "seconds", "updates", "sequences"]
_FACTS += ["started", "finished"]


@dataclass(frozen=True)
class Results:
    """Everything a report is computed from.

    `everything` holds all rows, `rows` and `facts` those of finished trials only. `trials` are the
    trials that were begun, `planned` counts all of the study. `chance` is the accuracy of guessing,
    per task.
    """

    name: str
    question: str
    everything: pd.DataFrame
    rows: pd.DataFrame
    facts: pd.DataFrame
    failures: pd.DataFrame
    planned: int
    trials: tuple[Trial, ...]
    chance: Mapping[str, float]
    store: ResultStore

    @property
    def unfinished(self) -> int:
        """Trials of the study that neither finished nor failed, begun or not."""
        return self.planned - len(self.facts) - len(self.failures)

    @property
    def tasks(self) -> list[str]:
        """Tasks with at least one finished trial, in the order of the store."""
        return list(dict.fromkeys(self.facts["task"]))

    @property
    def procedures(self) -> list[str]:
        """Names of the procedures of the trials that were begun, in the order of the store."""
        return list(dict.fromkeys(trial.procedure.name for trial in self.trials))

    def of(self, procedure: str) -> Results:
        """The part that belongs to the trials of one procedure; those begun count as planned."""
        trials = tuple(trial for trial in self.trials if trial.procedure.name == procedure)
        ids = {trial.id for trial in trials}
        frames = {
            "everything": self.everything,
            "rows": self.rows,
            "facts": self.facts,
            "failures": self.failures,
        }
        own = {
            name: frame[frame["trial"].isin(ids)].reset_index(drop=True)
            for name, frame in frames.items()
        }
        return replace(self, trials=trials, planned=len(trials), **own)

    def trace(self, trial: str) -> Mapping[str, np.ndarray]:
        """The evaluated sequence of a trial; empty where none was kept."""
        try:
            return self.store.trace(trial)
        except (OSError, LookupError, ValueError):
            return {}


def read(store: ResultStore) -> Results:
    """Load a store; it may be half done, or hold no trial, or nothing but failures.

    Raises studies.running.store.NotResults where no study was ever written.
    """
    study, trials = store.study, tuple(store.trials())
    everything = _with_columns(store.load(), [*FACTORS, *_PLACE, *METRICS])
    facts = _facts(store.facts())
    failures = _with_columns(store.failures(), [*FACTORS, "error", "traceback"])
    rows = everything[everything["trial"].isin(facts["trial"])].reset_index(drop=True)
    return Results(
        name=str(study["name"]),
        question=str(study["question"]),
        everything=everything,
        rows=rows,
        facts=facts,
        failures=failures[~failures["trial"].isin(facts["trial"])].reset_index(drop=True),
        planned=len(study["trials"]),
        trials=trials,
        chance={task: _chance(task, trials) for task in dict.fromkeys(facts["task"])},
        store=store,
    )


def _facts(facts: pd.DataFrame) -> pd.DataFrame:
    facts = _with_columns(facts, [*FACTORS, "solved", *_FACTS])
    solved = [entry if isinstance(entry, Mapping) else {} for entry in facts["solved"]]
    kinds = zip(facts["cell"], facts["estimator"], facts["discrete"], strict=True)
    # a trial that saw no sequence has no speed, not an infinite one
    sequences = facts["sequences"].astype(float).replace(0, np.nan)
    return facts.assign(
        kind=[memory_kind(*entry) for entry in kinds],
        solved=np.array([bool(entry) for entry in solved], dtype=bool),
        solved_sequences=[float(entry.get("sequences", np.nan)) for entry in solved],
        solved_seconds=[float(entry.get("seconds", np.nan)) for entry in solved],
        milliseconds=1000 * facts["seconds"].astype(float) / sequences,
    )


def _with_columns(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    missing = [name for name in names if name not in frame]
    return frame.assign(**dict.fromkeys(missing, np.nan)) if missing else frame


def _chance(task: str, trials: tuple[Trial, ...]) -> float:
    spec = next(trial.task for trial in trials if trial.task_label == task)
    # a task from a plug-in that is gone or broken must not take the report with it
    try:
        return spec.build().answer.chance
    except Exception:
        return float("nan")
