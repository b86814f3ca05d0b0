"""Which backend `auto` chooses for each model, and why, as lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ..registry import BrokenPlugin, controllers, estimators
from ..spec import ModelSpec
from .auto import choose, ranked

SIZES = {"input_size": 8, "output_size": 8}
"""Inputs and outputs of a network built to be asked; no backend depends on them."""


class Coverage(NamedTuple):
    """A model, the backend that runs it, and why those asked before do not."""

    model: str
    backend: str
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        why = f" ({'; '.join(self.reasons)})" if self.reasons else ""
        return f"{self.model}: {self.backend}{why}"


def of_cell(cell: str) -> Iterator[Coverage]:
    """The cell with its default options under every estimator × controller that is registered."""
    for estimator in estimators:
        for controller in controllers:
            spec = ModelSpec(cell, estimator, controller, controller_size=8)
            yield _coverage(f"{cell}/{estimator}/{controller}", spec, SIZES)


def of_models(
    models: Iterable[tuple[str, ModelSpec, Mapping[str, Any]]],
) -> Iterator[Coverage]:
    """Of models with their labels and the sizes that they are built with."""
    for label, spec, sizes in models:
        yield _coverage(label, spec, sizes)


def lines(coverage: Iterable[Coverage]) -> Iterator[str]:
    """One line per model, then which backends are never chosen unasked."""
    yield "backend auto, in float32 on the processor"
    yield from (f"  {entry}" for entry in coverage)
    yield from (f"{reason}." for reason in _by_name().values())


def _coverage(label: str, spec: ModelSpec, sizes: Mapping[str, Any]) -> Coverage:
    try:
        network = spec.build(**sizes)
    except (ValueError, TypeError, LookupError, BrokenPlugin) as error:
        return Coverage(label, "none", (f"it cannot be built: {' '.join(str(error).split())}",))
    choice = choose(network)
    asked = {name: why for name, why in choice.refusals.items() if name not in _by_name()}
    return Coverage(label, choice.backend, tuple(asked.values()))


def _by_name() -> dict[str, str]:
    """The backends that run on the processor only where they are asked for, and why."""
    return {
        name: backend.only_by_name
        for name, backend in ranked("cpu")
        if backend.only_by_name is not None
    }
