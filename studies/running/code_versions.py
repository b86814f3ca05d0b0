"""Which code a trial was made with: stored beside its results, and no part of its id."""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from typing import Any

from envs.tasks import tasks
from memnets.registry import BrokenPlugin, NameTaken, Registry, cells, controllers, estimators

from ..design.trial import Trial
from ..procedures.base import procedures
from .sources import source_of


def made_with(trial: Trial) -> dict[str, str]:
    """Package, version and a hash of the sources of every part, by "part name".

    A part that cannot be imported is left out: the trial fails on it and says so.
    """
    found = {f"{part} {name}": _source(registry, name) for part, registry, name in parts(trial)}
    return {part: source for part, source in found.items() if source}


def parts(trial: Trial) -> list[tuple[str, Registry[Any], str]]:
    """What a trial is made of: the part it plays, the registry that has it, and its name there."""
    model = trial.model
    inner = inner_estimators(model.estimator, model.estimator_options)
    return [
        ("cell", cells, model.cell),
        ("estimator", estimators, model.estimator),
        *(("estimator", estimators, name) for name in inner),
        ("controller", controllers, model.controller),
        ("task", tasks, trial.task.name),
        ("procedure", procedures, trial.procedure.name),
        *trial.procedure.parts(),
    ]


def inner_estimators(name: str, options: Mapping[str, Any]) -> Iterator[str]:
    """Names of the estimators that an estimator with these options is made of, and of theirs.

    An estimator takes the name of another as an option, such as `first`, and that one's options as
    `first_options`.
    """
    known = _parameters(name)
    for option in known:
        inner = options.get(option, known[option].default)
        if f"{option}_options" in known and isinstance(inner, str):
            yield inner
            own = options.get(f"{option}_options")
            yield from inner_estimators(inner, own if isinstance(own, Mapping) else {})


def _parameters(name: str) -> Mapping[str, inspect.Parameter]:
    """What an estimator is built from; nothing where there is no such estimator."""
    try:
        return inspect.signature(estimators.get(name)).parameters
    except (LookupError, ImportError, TypeError, ValueError):
        return {}


def differences(stored: Iterable[tuple[Trial, Mapping[str, str]]]) -> Iterator[str]:
    """One line for every part that trials were made with in another form than today's.

    `stored` has trials and what they were made with, which is empty where it was not stored.
    """
    counts: dict[tuple[str, str, str], int] = {}
    for trial, before in stored:
        now = made_with(trial) if before else {}
        for part in now.keys() & before.keys():
            if now[part] != before[part]:
                key = part, before[part], now[part]
                counts[key] = counts.get(key, 0) + 1
    for (part, then, today), count in sorted(counts.items()):
        trials = "1 trial was" if count == 1 else f"{count} trials were"
        yield (
            f"{trials} made with another {part} ({then}) than today's ({today}): delete what is to "
            "be made anew."
        )


def _source(registry: Registry[Any], name: str) -> str | None:
    try:
        thing = registry.get(name)
    except (LookupError, ImportError, BrokenPlugin, NameTaken):
        return None
    return _described(thing)


@functools.cache
def _described(thing: Any) -> str | None:
    text = source_of(thing)
    package = _package(thing.__module__.partition(".")[0])
    parts = [package, f"source {hashlib.sha256(text).hexdigest()[:12]}" if text else None]
    return ", ".join(part for part in parts if part) or None


@functools.cache
def _package(module: str) -> str | None:
    names = _distributions().get(module, [])
    return f"{names[0]} {metadata.version(names[0])}" if names else None


# it reads the files of everything that is installed
_distributions = functools.cache(metadata.packages_distributions)
