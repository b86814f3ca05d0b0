"""A trial's id, made from its JSON, and how the JSON of earlier versions is read.

A finished trial must stay finished, so ids outlive names: what is hashed of a supervised trial is
the form in which the first version stored it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .data import BadData, fingerprint

FIRST = {"supervised": "studies.training:train", "gradients": "studies.gradients:measure"}
"""Procedures of the first version: registered names now, functions then."""
LATER: dict[str, dict[str, Any]] = {
    "supervised": {
        "baseline_clip_norm": None,
        "budget": None,
        "selection": None,
        "restarts": None,
        "averaging": None,
        "falling_rate": None,
        "schedule": None,
        "momentum": None,
        "weight_decay": 0.0,
        "accumulate": 1,
        "clock": "wall",
        "skip_norm": None,
        "distillation": None,
        "fine_tuning": None,
    }
}
"""Fields that a procedure got later, and their defaults: an id has them only where they differ."""
DESCENT = ("updates", "batch_size", "learning_rate")
"""The fields of its training that the gradient study of the first version used."""


class Outdated(BadData):
    """A trial of an earlier version that this one cannot read; the message says what to do."""


def identity(data: Mapping[str, Any]) -> str:
    """The id of a trial, given its JSON: twelve digits of the SHA-256 of all but its labels."""
    hashed = {name: value for name, value in data.items() if not name.endswith("_label")}
    task = hashed["task"]
    hashed["task"] = {**task, "options": _by_content(task["options"])}
    procedure = _first(_by_content(hashed["procedure"]))
    name = procedure.pop("name")
    if name == "supervised":
        hashed |= {"procedure": FIRST["supervised"], "training": procedure}
    else:
        hashed |= {"procedure": {"name": name, **procedure}}
    return fingerprint(hashed)


def _first(procedure: Mapping[str, Any]) -> dict[str, Any]:
    """A procedure, and one that it is made of, without later fields that have their defaults."""
    later = LATER.get(procedure["name"], {})
    return {
        field: _first(value) if field == "of" else value
        for field, value in procedure.items()
        if field not in later or value != later[field]
    }


def _by_content(settings: Any) -> Any:
    """Settings without the paths of files whose content they name: `x` beside `x_sha256`.

    A file is what is in it; where it lies differs between machines.
    """
    if not isinstance(settings, Mapping):
        return settings
    kept = (name for name in settings if not settings.get(f"{name}_sha256"))
    return {name: _by_content(settings[name]) for name in kept}


def earlier(data: Any) -> str | None:
    """The id of a trial that an earlier version stored; None for JSON of today."""
    if not isinstance(data, Mapping) or "training" not in data:
        return None
    return fingerprint({name: data[name] for name in data if not name.endswith("_label")})


def current(data: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The JSON of an earlier version's trial in today's form; raises Outdated where it has none."""
    now = {name: value for name, value in data.items() if name != "training"}
    training = data["training"]
    if not isinstance(training, Mapping):
        raise BadData(f"{where}, training: expected an object of fields, found {training!r:.60}.")
    made = data.get("procedure")
    if made == FIRST["supervised"]:
        return {**now, "procedure": {"name": "supervised", **training}}
    if made == FIRST["gradients"]:
        used = {name: value for name, value in training.items() if name in DESCENT}
        return {**now, "procedure": {"name": "gradients", **used}}
    raise Outdated(
        f"{where}: its procedure {made!r} is a function, as earlier versions had them: make it a "
        "class (studies.procedures.base.Procedure) and run the study in another folder."
    )
