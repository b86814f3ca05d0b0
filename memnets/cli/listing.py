"""The commands `memnets list` and `memnets show`: what is registered, and what a name means."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterator
from typing import Annotated, Any

from tyro.conf import Positional, arg

from envs.tapes import tapes
from envs.tasks import tasks
from reports.registries import sections, views
from studies.design.study import studies
from studies.procedures.base import procedures

from ..registry import (
    Registry,
    UnknownName,
    backends,
    cells,
    controllers,
    estimators,
    regularisers,
)
from .describe import chosen_backends, columns, describe

REGISTRIES: dict[str, Registry[Any]] = {
    "cells": cells,
    "estimators": estimators,
    "controllers": controllers,
    "regularisers": regularisers,
    "backends": backends,
    "tasks": tasks,
    "tapes": tapes,
    "procedures": procedures,
    "studies": studies,
    "views": views,
    "sections": sections,
}
Listed = Annotated[str, arg(metavar="|".join(["all", *REGISTRIES]))]


def list_(registry: Positional[Listed] = "all") -> int:
    """List what is registered, plug-ins included, with one line each; imports none of it."""
    if registry not in ("all", *REGISTRIES):
        near = _near(registry, ["all", *REGISTRIES])
        raise UnknownName(f"there is no registry {registry!r} to list.{near}")
    for name, entries in REGISTRIES.items():
        if registry in ("all", name):
            rows = [(entry, entries.summary(entry)) for entry in entries]
            print(name, *columns(rows), "", sep="\n")
    return 0


def show(name: Positional[str], backend: bool = False) -> int:
    """Show what a name stands for: its documentation and its options with their defaults.

    With --backend: what backend auto comes to for every model of a cell or of a study, and why.
    """
    found = {title: entries for title, entries in REGISTRIES.items() if name in entries}
    if not found:
        known = sorted({entry for entries in REGISTRIES.values() for entry in entries})
        raise UnknownName(f"nothing is registered as {name!r}.{_near(name, known)}")
    for title, entries in found.items():
        thing = entries.get(name)
        if backend:
            print(f"{name} ({title})", *chosen_backends(title, name), "", sep="\n")
            continue
        print(f"{name} ({title})\n\n{inspect.getdoc(thing) or ''}\n")
        print(*_SHOWN.get(title, _options)(thing), sep="\n")
    return 0


def _study(thing: Callable[[], Any]) -> Iterator[str]:
    yield from describe(thing())


def _options(thing: Callable[..., Any]) -> Iterator[str]:
    """The keyword-only parameters: the others are given by the network that builds the part."""
    yield from _table(p for p in _parameters(thing) if p.kind is p.KEYWORD_ONLY)


def _all_options(thing: Callable[..., Any]) -> Iterator[str]:
    """All parameters: a task, a tape or a procedure is built from its options and nothing else."""
    yield from _table(p for p in _parameters(thing) if p.kind is not p.VAR_KEYWORD)


_SHOWN: dict[str, Callable[[Any], Iterator[str]]] = {
    "tasks": _all_options,
    "tapes": _all_options,
    "procedures": _all_options,
    "studies": _study,
}


def _parameters(thing: Callable[..., Any]) -> list[inspect.Parameter]:
    return list(inspect.signature(thing).parameters.values())


def _table(parameters: Iterator[inspect.Parameter]) -> Iterator[str]:
    yield "options"
    yield from columns((f"{p.name}: {_type(p)}", _default(p)) for p in parameters)
    yield ""


def _type(parameter: inspect.Parameter) -> str:
    annotation = parameter.annotation
    if annotation is parameter.empty:
        return "any"
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _default(parameter: inspect.Parameter) -> str:
    return "needed" if parameter.default is parameter.empty else f"default {parameter.default!r}"


def _near(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else " See memnets list."
