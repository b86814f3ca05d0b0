"""Models of equal size on every task: a comparison at equal parameters, state or arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from memnets.spec import ModelSpec

from .data import BadData
from .trial import TaskSpec

Models = Mapping[str, ModelSpec]


def equal_sizes(
    models: Models, tasks: Mapping[str, TaskSpec], measure: str, to: str
) -> dict[str, ModelSpec | dict[str, ModelSpec]]:
    """The models of a study, each as large as the model named `to` on every task.

    `measure` is "parameters", "state" or "flops" (`ModelSpec.matched`). What a size comes to hangs
    on the widths of a task's inputs and answers, so that a model may have other sizes on each.
    Raises BadData, in one line, for a model that does not come within 1 %.
    """
    if to not in models:
        raise BadData(f"to is {to!r:.60}; it must be one of the models {', '.join(models)}.")
    widths = {name: task.build().network_sizes for name, task in tasks.items()}
    found: dict[str, ModelSpec | dict[str, ModelSpec]] = {to: models[to]}
    known: dict[tuple[str, str], ModelSpec] = {}
    for name, model in models.items():
        if name == to:
            continue
        own = {}
        for task, sizes in widths.items():
            key = name, str(sizes)
            if key not in known:
                known[key] = _matched(name, model, measure, models[to], to, task, sizes)
            own[task] = known[key]
        found[name] = own
    return {name: found[name] for name in models}


def _matched(
    name: str,
    model: ModelSpec,
    measure: str,
    other: ModelSpec,
    to: str,
    task: str,
    sizes: Any,
) -> ModelSpec:
    try:
        return model.matched(measure, other, **sizes)
    except ValueError as error:
        raise BadData(f"{name} is not made as large as {to} on {task}: {error}") from error
