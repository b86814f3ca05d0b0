"""A study in words: what it consists of, and how far it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studies.design.data import BadData
from studies.design.search import Search
from studies.design.study import Study, studies
from studies.procedures.base import Procedure
from studies.procedures.clock import clock
from studies.running.store import NotResults, ResultStore

from ..spec import ModelSpec

if TYPE_CHECKING:
    import pandas as pd

    from studies.running.plan import Planned


PLANNED = ("task", "model", "procedure", "trials", "missing", "parameters", "a trial takes")


def describe(study: Study) -> Iterator[str]:
    """Question, tasks, models, procedure and seeds, line by line."""
    trials = list(study.expected())
    yield from (study.question, "", "tasks")
    yield from columns((name, f"{spec.name} {spec.options}") for name, spec in study.tasks.items())
    yield "models"
    yield from columns(_models(study))
    yield "procedure"
    yield from columns(_settings(study.procedure))
    for key, own in study.own.items():
        task, *model = [key] if isinstance(key, str) else key
        yield f"procedure on {task}" + "".join(f" of {label}" for label in model)
        yield from columns(_settings(own))
    if study.tuning is not None:
        seeds = ", ".join(map(str, study.tuning.seeds))
        yield f"searched first, on seeds {seeds}, for the {study.tuning.criterion}"
        yield from columns(_searched(study.tuning))
    yield f"seeds {', '.join(map(str, study.seeds))}: {len(trials)} trials"


def _searched(search: Search) -> Iterator[tuple[str, str]]:
    """What is tried, by name; then what differs for a model."""
    yield from ((name, str(values)) for name, values in search.space.items())
    for model, space in search.own.items():
        yield from ((f"{name} of {model}", str(values)) for name, values in space.items())
    if search.draws is not None:
        yield "draws", str(search.draws)


def _settings(own: Procedure | Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Settings and their values; the name first where it is a whole procedure."""
    settings = own.to_json() if isinstance(own, Procedure) else own
    return ((name, str(value)) for name, value in settings.items())


def _models(study: Study) -> Iterator[tuple[str, str]]:
    for label, model in study.models.items():
        if isinstance(model, ModelSpec):
            yield label, _spec(model)
            continue
        for task, own in model.items():
            yield f"{label} on {task}", _spec(own)


def _spec(model: ModelSpec) -> str:
    """A model in a line: its parts, with the options that are not the defaults."""
    parts = [
        (f"{model.controller} {model.controller_size}", model.controller_options),
        (model.cell, model.cell_options),
        (model.estimator, model.estimator_options),
    ]
    named = [
        f"{name} ({', '.join(f'{k} {v}' for k, v in options.items())})" if options else name
        for name, options in parts
    ]
    beside = [f"bypass dropout {model.bypass_dropout}"] if model.bypass_dropout else []
    beside += [f"embedding {model.embedding}"] if model.embedding else []
    beside += ["tied logits"] if model.tied else []
    return ", ".join(named + beside)


def chosen_backends(registry: str, name: str) -> Iterator[str]:
    """What backend auto comes to for the models of a cell or a study, line by line, and why.

    Raises BadData where the name is in another registry.
    """
    from ..backends import explain

    if registry == "cells":
        return explain.lines(explain.of_cell(name))
    if registry != "studies":
        raise BadData(f"{name!r} is one of the {registry}: cells and studies have backends.")
    study = studies.get(name)()
    models = {}
    for trial in study.trials():
        label = f"{trial.model_label} on {trial.task_label}"
        models[label] = (trial.model, trial.procedure.network_sizes(trial.task))
    return explain.lines(explain.of_models((label, *model) for label, model in models.items()))


def progress(store: ResultStore) -> Iterator[str]:
    """Per model its finished and failed trials, what failed, then the whole study."""
    facts, failures = store.facts(), store.failures()
    labels = sorted({trial.model_label for trial in store.trials()})
    yield from columns(
        (label, f"{_count(facts, label)} done, {_count(failures, label)} failed")
        for label in labels
    )
    yield from failed(store)
    study = store.study
    total = len(study["trials"])
    yield f"{study['name']}: {len(facts)} of {total} trials done, {len(failures)} failed"


def failed(store: ResultStore) -> Iterator[str]:
    """Every failed trial and its error, line by line."""
    for row in store.failures().itertuples(index=False):
        yield f"failed: {row.model} on {row.task}, seed {row.seed}: {row.error}"


def results(folder: Path) -> ResultStore:
    """The store of a study that was run; raises NotResults, naming those that were."""
    if not folder.is_dir():
        run = [path.parent.name for path in sorted(folder.parent.glob("*/study.json"))]
        known = f"; {folder.parent} holds {', '.join(run)}" if run else ""
        raise NotResults(f"no results in {folder}: run the study first{known}.")
    return ResultStore(folder)


def columns(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Pairs of texts as indented lines, the second ones aligned."""
    rows = list(rows)
    width = max((len(left) for left, _ in rows), default=0)
    return (f"  {left:{width}}  {right}" for left, right in rows)


def _count(frame: pd.DataFrame, label: str) -> int:
    return int((frame["model"] == label).sum())


def table(lines: Iterable[Sequence[str]], left: int = 0) -> Iterator[str]:
    """Lines of cells, aligned; the first `left` columns to the left, all others to the right."""
    lines = list(lines)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = [
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def plan_lines(plan: Sequence[Planned], workers: int) -> Iterator[str]:
    """A plan as a table, and how long all of it takes so many workers."""
    lines = [
        (
            row.task,
            row.model,
            row.procedure,
            str(row.trials),
            str(row.missing),
            f"{row.parameters:,}",
            "" if row.seconds is None else clock(row.seconds),
        )
        for row in plan
    ]
    yield from table([PLANNED, *lines], left=3)
    missing = sum(row.missing for row in plan)
    known = {row: row.seconds for row in plan if row.missing and row.seconds is not None}
    unknown = missing - sum(row.missing for row in known)
    total = sum(row.missing * seconds for row, seconds in known.items())
    # the last trial cannot be shared
    spent = max([total / workers, *known.values()])
    said = f"{missing} trials to run: {clock(total)} of one core, {clock(spent)} on {workers}"
    yield said + (f"; of {unknown} it is not known" if unknown else "")
