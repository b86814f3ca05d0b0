"""Models of equal size on every task: a comparison at equal parameters, state or arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from memnets.sizes import MEASURES, size_of
from memnets.spec import ModelSpec

from .data import BadData
from .trial import TaskSpec

Models = Mapping[str, ModelSpec]


def equal_sizes(
    models: Models,
    tasks: Mapping[str, TaskSpec],
    measure: str,
    to: str,
    *,
    then: Callable[[ModelSpec], ModelSpec] = lambda model: model,
) -> dict[str, ModelSpec | dict[str, ModelSpec]]:
    """The models of a study, each as large as the model named `to` on every task.

    `measure` is "parameters", "state" or "flops" (`ModelSpec.matched`). What a size comes to hangs
    on the widths of a task's inputs and answers, so that a model may have other sizes on each.
    `then` sets what follows a model's sizes and leaves the measure as it is, such as how many of
    its slots are written. Raises BadData, in one line, for a model that is not within 1 %.
    """
    if measure not in MEASURES:
        raise BadData(f"measure {measure!r:.60} is not one of {', '.join(MEASURES)}.")
    if to not in models:
        raise BadData(f"to is {to!r:.60}; it must be one of the models {', '.join(models)}.")
    found: dict[str, dict[str, ModelSpec]] = {name: {} for name in models}
    near: dict[tuple[ModelSpec, str], tuple[int, ModelSpec]] = {}
    for task, spec in tasks.items():
        sizes = spec.build().network_sizes
        try:
            wanted = size_of(models[to], measure, **sizes)
        except ValueError as error:
            raise BadData(f"{to} cannot be built on {task}: {error}") from error
        for name, model in models.items():
            try:
                found[name][task] = then(_matched(model, measure, wanted, sizes, near))
            except ValueError as error:
                raise BadData(f"{name} is not made as large as {to} on {task}: {error}") from error
    return {name: models[to] if name == to else own for name, own in found.items()}


def _matched(
    model: ModelSpec,
    measure: str,
    wanted: int,
    sizes: Mapping[str, Any],
    near: dict[tuple[ModelSpec, str], tuple[int, ModelSpec]],
) -> ModelSpec:
    """A model that is as large as wanted; `near` has what fitted others, and how large they were.

    Most estimators have no size of their own. So what fits a model fits it with another estimator,
    where both are as large before and after.
    """
    own = size_of(model, measure, **sizes)
    key = replace(model, estimator="soft", estimator_options={}), str(sizes)
    if key in near and near[key][0] == own:
        fitting = near[key][1]
        other = replace(
            fitting, estimator=model.estimator, estimator_options=model.estimator_options
        )
        if size_of(other, measure, **sizes) == size_of(fitting, measure, **sizes):
            return other
    found = model.matched(measure, wanted, **sizes)
    near[key] = own, found
    return found
