"""Whether workers can make a study's trials; asked before the first of them begins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from envs.tasks import tasks
from memnets.registry import (
    BrokenPlugin,
    Registry,
    UnknownName,
    backends,
    cells,
    controllers,
    estimators,
    regularisers,
)

from ..design.data import BadData
from ..design.trial import Trial
from ..procedures.base import procedures
from .code_versions import parts


def require_able(client: Any, trials: Iterable[Trial], device: str) -> None:
    """Raise BadData, with one line, where a worker cannot make the trials.

    It must have memnets, know the names that this process knows, and have the device.
    """
    names = sorted(set(_names(trials)))
    answers = client.run(obstacle, names, device, on_error="return")
    for worker, answer in answers.items():
        if isinstance(answer, BaseException):
            raise BadData(f"worker {worker} cannot run memnets: {type(answer).__name__}: {answer}")
        if answer:
            raise BadData(f"worker {worker}: {answer}")


def obstacle(names: Iterable[tuple[str, str]], device: str) -> str | None:
    """Why this process cannot make trials with these names and this device; None if it can."""
    registries = _registries()
    for group, name in names:
        try:
            registries[group].get(name)
        except (UnknownName, BrokenPlugin) as error:
            return (
                f"{error.args[0]} Register it in a module that workers import too: give the name "
                f'"module:attribute", or an entry point in {group}; or run with workers=0.'
            )
    return device_obstacle(device)


def device_obstacle(device: str) -> str | None:
    """Why tensors cannot live on a device in this process; None if they can."""
    import torch

    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).strip().partition("\n")[0]
        return f"device {device!r} is not to be had here ({reason}); try cpu."
    return None


def _registries() -> dict[str, Registry[Any]]:
    known: tuple[Registry[Any], ...] = (cells, controllers, estimators, tasks, procedures)
    return {each.group: each for each in (*known, backends, regularisers)}


def _names(trials: Iterable[Trial]) -> Iterator[tuple[str, str]]:
    """Group and name of everything that trials use and that is registered outside memnets.

    A name that nobody knows, here or there, is left to the trial that asks for it.
    """
    for trial in trials:
        for _, registry, name in parts(trial):
            if not registry.is_built_in(name) and (":" in name or name in registry):
                yield registry.group, name
