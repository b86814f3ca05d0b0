"""What a search came to: how good each setting was, and which is the best for each model."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ..design.data import BadData, canonical
from ..design.search import Criterion, Setting
from ..design.study import Study
from ..design.trial import Trial
from ..procedures.selection import OWN
from ..procedures.tuning import Tuning
from .attempts_file import has_failed
from .store import ResultStore

if TYPE_CHECKING:
    import pandas as pd


class Ended(NamedTuple):
    """How a trial of a search ended."""

    score: float
    """In the criterion's column; nan where the trial failed."""
    steps: float


class Tried(NamedTuple):
    """A setting of a model on a task, and how it did."""

    task: str
    model: str
    setting: Setting
    seeds: int
    failed: int
    score: float
    """Mean over seeds; nan where a trial failed."""
    steps: float
    chosen: bool


def with_choices(study: Study, store: ResultStore) -> Study:
    """The study, with the choices of its search where every trial of that has ended.

    A study without a search is given back as it is. Raises BadData where a model has no setting
    with which every seed of the search finished, and NotResults where the store cannot be read.
    """
    if study.tuning is None:
        return study
    trials = list(replace(study, choices=None).trials())
    if not all(_ended(store, trial) for trial in trials):
        return study
    # the folder may have been used for other tasks or models of the study since
    made = [trial for trial in trials if store.is_done(trial)]
    found = tried(trials, store.load(made), {trial.id for trial in made})
    choices = {(each.task, each.model): each.setting for each in found if each.chosen}
    for task, model in {(each.task, each.model): None for each in found}:
        if (task, model) not in choices:
            raise BadData(
                f"study {study.name!r}: no setting of {model!r} on {task!r} finished on every seed "
                f"of the search. `memnets study status {study.name}` names what failed."
            )
    return replace(study, choices=choices)


def is_settled(study: Study, store: ResultStore, trial: Trial) -> bool:
    """Whether a trial is not to be made: it is done, or a failed try of a search that is over."""
    if store.is_done(trial):
        return True
    over = study.choices is not None and trial.procedure.is_try
    return over and _ended(store, trial)


def chosen_lines(study: Study) -> Iterator[str]:
    """What a search chose, a line for each model on each task."""
    for (task, model), setting in (study.choices or {}).items():
        values = ", ".join(f"{name} {value}" for name, value in setting.items())
        yield f"chosen for {model} on {task}: {values or 'nothing was searched'}"


def tried(trials: Iterable[Trial], frame: pd.DataFrame, finished: set[str]) -> list[Tried]:
    """Every setting of the search's trials, in order; of those of a model one is `chosen`.

    `frame` holds the rows of the trials that are `finished`, by their ids. None is chosen where
    each setting failed on a seed.
    """
    groups: dict[tuple[str, str, str], list[Trial]] = {}
    for trial in trials:
        key = trial.task_label, trial.model_label, canonical(dict(_tuning(trial).tried))
        groups.setdefault(key, []).append(trial)
    rows = {str(name): part for name, part in frame.groupby("trial", sort=False)}
    found = []
    for (task, model, _), members in groups.items():
        procedure = _tuning(members[0])
        ends = [
            ended(rows[trial.id], procedure.criterion) if trial.id in finished else FAILED_TRY
            for trial in members
        ]
        failed = sum(trial.id not in finished for trial in members)
        score = sum(end.score for end in ends) / len(ends)
        steps = sum(end.steps for end in ends) / len(ends)
        found.append(Tried(task, model, procedure.tried, len(members), failed, score, steps, False))
    return _marked(found, {(t, m): _tuning(own[0]).criterion for (t, m, _), own in groups.items()})


FAILED_TRY = Ended(math.nan, math.nan)


def ended(rows: pd.DataFrame, criterion: Criterion) -> Ended:
    """The criterion's score of a trial's last tests, and its steps until then.

    Raises BadData for a column that its tests lack.
    """
    tests = rows[rows["kind"] == "test"]
    for name in ("number", "value"):
        if name in tests:
            tests = tests[tests[name].isna()]
    if "address" in tests:
        tests = tests[tests["address"].isna() | (tests["address"] == OWN)]
    if criterion.lengths == "trained" and {"length", "min_length", "max_length"} <= set(tests):
        tests = tests[tests["length"].between(tests["min_length"], tests["max_length"])]
    tests = tests[tests["step"] == tests["step"].max()]
    if criterion.column not in tests or tests.empty:
        known = ", ".join(name for name in tests if tests[name].dtype.kind == "f")
        raise BadData(
            f"the search goes by {criterion.column!r}, which no test of trained lengths has; "
            f"tests have {known}."
        )
    return Ended(float(tests[criterion.column].astype(float).mean()), float(tests["step"].max()))


def _marked(found: list[Tried], criteria: Mapping[tuple[str, str], Criterion]) -> list[Tried]:
    best: dict[tuple[str, str], tuple[float, float, int]] = {}
    for place, each in enumerate(found):
        if math.isfinite(each.score):
            sign = -1 if criteria[each.task, each.model].maximise else 1
            rank = (sign * each.score, each.steps, place)
            best[each.task, each.model] = min(rank, best.get((each.task, each.model), rank))
    chosen = {place for _, _, place in best.values()}
    return [each._replace(chosen=place in chosen) for place, each in enumerate(found)]


def _tuning(trial: Trial) -> Tuning:
    assert isinstance(trial.procedure, Tuning)
    return trial.procedure


def _ended(store: ResultStore, trial: Trial) -> bool:
    return store.is_done(trial) or has_failed(store.path(trial))
