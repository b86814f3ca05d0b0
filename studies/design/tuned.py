"""The trials of a study in two stages: those of its search, and those that compare its choices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING

from ..procedures.tuning import Tuning
from .data import BadData
from .search import Search, Setting, with_setting
from .trial import Trial

if TYPE_CHECKING:
    from .study import Study


def searched(study: Study, search: Search) -> Iterator[Trial]:
    """Every setting on every task with every model; seed by seed."""
    for seed, task, model in product(search.seeds, study.tasks, study.models):
        base = study.changed(study.procedure_of(task, model), search.procedure, task)
        spec = study.model_of(task, model)
        where = f"study {study.name!r}, search on {task!r} of {model!r}"
        for setting in search.settings(model):
            made, changed = with_setting(base, spec, setting, where)
            tried = Tuning(of=made, tried=setting, criterion=search.criterion)
            yield Trial(study.tasks[task], changed, tried, seed, task, model)


def compared(study: Study, choices: Mapping[tuple[str, str], Setting]) -> Iterator[Trial]:
    """Every task with every model, each with what was chosen for it; seed by seed."""
    for seed, task, model in product(study.seeds, study.tasks, study.models):
        made, spec = study.procedure_of(task, model), study.model_of(task, model)
        if setting := choices.get((task, model)):
            where = f"study {study.name!r}, choice on {task!r} of {model!r}"
            made, spec = with_setting(made, spec, setting, where)
        yield Trial(study.tasks[task], spec, made, seed, task, model)


def check_tuning(study: Study) -> None:
    """Raises BadData for a search that the study cannot have."""
    search = study.tuning
    if search is None:
        return
    if not isinstance(search, Search):
        raise BadData(f"study {study.name!r}: tuning is {search!r:.60}; a Search is needed.")
    if shared := sorted(set(search.seeds) & set(study.seeds)):
        raise BadData(
            f"study {study.name!r}: the seeds {shared} are those of the search too; settings are "
            "compared on seeds on which they were not chosen."
        )
    if unknown := sorted(set(search.own) - set(study.models)):
        raise BadData(
            f"study {study.name!r}: the search has own values for {unknown[0]!r}, the study's "
            f"models are {sorted(study.models)}."
        )
