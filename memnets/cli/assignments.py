"""`--set NAME=VALUE` for parts of a study; `--resources [MODELS:]NAME=AMOUNT`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from studies.design.data import BadData
from studies.design.search import with_setting
from studies.design.study import Study
from studies.design.trial import TaskSpec

from ..spec import ModelSpec
from .train import built


def assigned(study: Study, texts: Sequence[str]) -> Study:
    """The study with these values; raises BadData, in one line, for one that it has no place for.

    A name is a field of the procedure, or, after "model." or "task.", of every model of the study
    or an option of every task of it. A value is JSON, such as 3, 0.01, true, null or [1,2];
    anything else is text.
    """
    values = dict(map(_parted, texts))
    of_tasks = {name[5:]: value for name, value in values.items() if name.startswith("task.")}
    of_models = {name: value for name, value in values.items() if name.startswith("model.")}
    others = {n: value for n, value in values.items() if n not in of_models and n[:5] != "task."}
    # a model is needed, and any will do
    procedure, _ = with_setting(study.procedure, ModelSpec("none"), others, "--set")
    tasks = {name: _task(spec, of_tasks) for name, spec in study.tasks.items()}
    models = {name: _model(study, spec, of_models) for name, spec in study.models.items()}
    changed = study.with_procedure(procedure) if others else study
    return replace(changed, tasks=tasks, models=models)


def _parted(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise BadData(f"--set {text}: NAME=VALUE is needed, such as model.controller_size=64.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _task(spec: TaskSpec, options: Mapping[str, Any]) -> TaskSpec:
    found = TaskSpec(spec.name, {**spec.options, **options})
    if options:
        # an option that the task lacks is said here, and not by every trial
        found.build()
    return found


def _model(study: Study, spec: Any, setting: Mapping[str, Any]) -> Any:
    if not isinstance(spec, ModelSpec):
        return {task: _model(study, own, setting) for task, own in spec.items()}
    found = with_setting(study.procedure, spec, setting, "--set")[1]
    if setting:
        # a value that the cell refuses is said here, and not by every trial; any inputs will do
        try:
            built(replace(found, embedding=0, tied=False), input_size=1, output_size=1)
        except ValueError as error:
            raise BadData(f"--set: {error}") from error
    return found


def amounts(texts: Sequence[str]) -> dict[str, Any]:
    """What `--resources NAME=AMOUNT MODELS:NAME=AMOUNT …` says; BadData for another form."""
    found: dict[str, Any] = {}
    for text in texts:
        models, colon, said = text.rpartition(":")
        name, equals, amount = said.partition("=")
        if not models and (colon or isinstance(found.get(name), dict)):
            equals = ""
        try:
            (found.setdefault(models, {}) if models else found)[name] = float(amount)
        except (ValueError, TypeError):
            equals = ""
        if not (name and equals):
            raise BadData(
                f"--resources {text}: NAME=AMOUNT is needed, such as GPU=0.5, or "
                "MODELS:NAME=AMOUNT, such as dnc*:GPU=1."
            )
    return found
