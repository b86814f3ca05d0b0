"""Models of equal size on every task: a comparison at equal parameters, state or arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from memnets.sizes import MEASURES, size_of
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
    if measure not in MEASURES:
        raise BadData(f"measure {measure!r:.60} is not one of {', '.join(MEASURES)}.")
    if to not in models:
        raise BadData(f"to is {to!r:.60}; it must be one of the models {', '.join(models)}.")
    widths = {name: task.build().network_sizes for name, task in tasks.items()}
    found: dict[str, dict[str, ModelSpec]] = {name: {} for name in models}
    near: dict[tuple[ModelSpec, str], ModelSpec] = {}
    for task, sizes in widths.items():
        wanted = size_of(models[to], measure, **sizes)
        for name, model in models.items():
            # most estimators have no size: what fits one fits the next
            key = _with(model, "soft", {}), str(sizes)
            start = _with(near.get(key, model), model.estimator, model.estimator_options)
            try:
                near[key] = found[name][task] = start.matched(measure, wanted, **sizes)
            except ValueError as error:
                raise BadData(f"{name} is not made as large as {to} on {task}: {error}") from error
    return {name: models[to] if name == to else own for name, own in found.items()}


def _with(model: ModelSpec, estimator: str, options: Mapping[str, Any]) -> ModelSpec:
    return replace(model, estimator=estimator, estimator_options=options)
