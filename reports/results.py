"""A store as a report sees it: rows of finished trials, their facts, the failures."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import numpy as np
import pandas as pd

from studies.design.data import encodable

from .counted import cleaned
from .memory_kinds import Kind, memory_kind
from .variants import LOOK, Look, looks

if TYPE_CHECKING:
    from studies.design.trial import Trial
    from studies.running.store import ResultStore

    from .together import Together

P = ParamSpec("P")
R = TypeVar("R")

FACTORS = ["trial", "task", "cell", "estimator", "controller", "model", "seed", "procedure"]
KIND = list(Kind._fields)


@dataclass(frozen=True)
class Results:
    """Everything a report is computed from.

    `everything` holds all rows, `rows` those of finished trials. `facts` has one row per finished
    trial, `failures` one per failed trial; columns `in_training` and `at_test` of both, and of
    `rows`, say how the model's addresses were made, `place` and `variant` where it stands among the
    models of the study (reports/variants.py). `attempts` has one row per attempt that failed, of
    trials that a later run finished too.
    `trials` are the trials that were begun, `planned` counts all trials of the study, and `of_each`
    those of each procedure.
    """

    name: str
    question: str
    everything: pd.DataFrame
    rows: pd.DataFrame
    facts: pd.DataFrame
    failures: pd.DataFrame
    attempts: pd.DataFrame
    planned: int
    of_each: Mapping[str, int]
    trials: tuple[Trial, ...]
    store: ResultStore | Together
    kept: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

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
        """The part that belongs to the trials of one procedure.

        Of a study that was last run by an earlier version, the trials begun count as planned.
        """
        trials = tuple(trial for trial in self.trials if trial.procedure.name == procedure)
        frames = {
            "everything": self.everything,
            "rows": self.rows,
            "facts": self.facts,
            "failures": self.failures,
            "attempts": self.attempts,
        }
        own = {
            name: frame[frame["procedure"] == procedure].reset_index(drop=True)
            for name, frame in frames.items()
        }
        planned = self.of_each.get(procedure, len(trials))
        return replace(self, trials=trials, planned=planned, of_each={}, **own)

    def trace(self, trial: str) -> Mapping[str, np.ndarray]:
        """The evaluated sequence of a trial; empty where none was kept."""
        try:
            return self.store.trace(trial)
        except (OSError, LookupError, ValueError):
            return {}


def once(
    function: Callable[Concatenate[Results, P], R],
) -> Callable[Concatenate[Results, P], R]:
    """Decorator of a function of results: computed once for the same results and arguments.

    What it returns is shared, so nobody may change it in place.
    """

    @functools.wraps(function)
    def found(results: Results, *args: P.args, **kwargs: P.kwargs) -> R:
        key = (found, args, tuple(sorted(kwargs.items())))
        if key not in results.kept:
            results.kept[key] = function(results, *args, **kwargs)
        return results.kept[key]

    return found


def read(store: ResultStore | Together) -> Results:
    """Load a store; it may be half done, or hold no trial, or nothing but failures.

    Raises studies.running.store.NotResults where no study was ever written.
    """
    study, trials = store.study, tuple(map(_encodable, store.trials()))
    everything = cleaned(with_columns(store.load(), FACTORS))
    facts = with_columns(cleaned(store.facts()), [*FACTORS, *KIND, "discrete", "seconds"])
    stored = zip(*(facts[name] for name in ("cell", "estimator", *KIND, "discrete")), strict=True)
    facts = _of_kinds(facts, [memory_kind(*entry) for entry in stored])
    failures = with_columns(store.failures(), [*FACTORS, "error", "traceback"])
    failures = _of_kinds(failures, _like_the_finished(failures, facts))
    known = looks(trials)
    facts, failures = (_with_looks(frame, known) for frame in (facts, failures))
    rows = everything[everything["trial"].isin(facts["trial"])].reset_index(drop=True)
    own = [*KIND, *LOOK]
    rows = rows.drop(columns=own, errors="ignore").merge(facts[["trial", *own]], on="trial")
    return Results(
        name=encodable(str(study["name"])),
        question=encodable(str(study["question"])),
        everything=everything,
        rows=rows,
        facts=facts,
        failures=failures[~failures["trial"].isin(facts["trial"])].reset_index(drop=True),
        attempts=with_columns(store.attempts(), [*FACTORS, "started", "finished"]),
        planned=len(study["trials"]),
        of_each=study.get("procedures", {}),
        trials=trials,
        store=store,
    )


def _encodable(trial: Trial) -> Trial:
    """The trial with labels that any file can hold; nearly always itself."""
    labels = encodable(trial.task_label), encodable(trial.model_label)
    if labels == (trial.task_label, trial.model_label):
        return trial
    found = replace(trial, task_label=labels[0], model_label=labels[1])
    object.__setattr__(found, "stored_id", trial.stored_id)
    return found


def _with_looks(frame: pd.DataFrame, known: Mapping[str, Look]) -> pd.DataFrame:
    found = [known[label] for label in frame["model"]]
    columns = {name: [getattr(look, name) for look in found] for name in LOOK}
    return frame.assign(**{name: pd.Series(columns[name], frame.index, int) for name in LOOK})


def _of_kinds(frame: pd.DataFrame, kinds: list[Kind]) -> pd.DataFrame:
    columns = {name: [getattr(kind, name) for kind in kinds] for name in KIND}
    return frame.assign(**{name: pd.Series(columns[name], frame.index, object) for name in KIND})


def _like_the_finished(failures: pd.DataFrame, facts: pd.DataFrame) -> list[Kind]:
    """The kinds of failed trials: that of a finished one of the model, else its estimator's."""
    known = {
        (row.task, row.model): Kind(row.in_training, row.at_test)
        for row in facts.itertuples(index=False)
    }
    return [
        known.get((row.task, row.model)) or memory_kind(row.cell, row.estimator)
        for row in failures.itertuples(index=False)
    ]


def with_columns(frame: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """The frame with a column for each of the names; what no trial stored is nan."""
    missing = [name for name in names if name not in frame]
    return frame.assign(**dict.fromkeys(missing, np.nan)) if missing else frame
