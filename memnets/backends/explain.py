"""What the backend "auto" comes to, model by model, and why: for people, in lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..registry import BrokenPlugin, controllers, estimators
from ..spec import ModelSpec
from .auto import NEVER_COMPILED, uncovered

SIZES = 8, 8
"""Inputs and outputs of a network built to be asked; no backend depends on them."""


class Coverage(NamedTuple):
    """A model and what keeps it from the fused kernels; None where they cover it."""

    model: str
    missing: str | None

    def __str__(self) -> str:
        used = "fused" if self.missing is None else f"reference ({self.missing})"
        return f"{self.model}: {used}"


def of_cell(cell: str) -> Iterator[Coverage]:
    """The cell with its default options under every estimator × controller that is registered."""
    for estimator in estimators:
        for controller in controllers:
            spec = ModelSpec(cell, estimator, controller, controller_size=8)
            yield Coverage(f"{cell}/{estimator}/{controller}", _missing(spec, *SIZES))


def of_models(models: Iterable[tuple[str, ModelSpec, int, int]]) -> Iterator[Coverage]:
    """Of models with their labels and the widths of their inputs and outputs."""
    for label, spec, input_size, output_size in models:
        yield Coverage(label, _missing(spec, input_size, output_size))


def lines(coverage: Iterable[Coverage]) -> Iterator[str]:
    """One line per model, below what the others may stand for."""
    yield "backend auto, in float32 on the processor"
    yield from (f"  {entry}" for entry in coverage)
    yield f"{NEVER_COMPILED}."


def _missing(spec: ModelSpec, input_size: int, output_size: int) -> str | None:
    try:
        network = spec.build(input_size, output_size)
    except (ValueError, TypeError, LookupError, BrokenPlugin) as error:
        return f"it cannot be built: {' '.join(str(error).split())}"
    return uncovered(network)
