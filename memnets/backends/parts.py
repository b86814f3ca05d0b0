"""Checks that the submodules of a part are those that a kernel computes in their place."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from torch import nn
from torch.nn.utils.parametrize import is_parametrized, type_before_parametrizations

from ..interface import Interface

_WITHOUT_BIAS = ("from_input", "row")


def replaced(part: Any, name: str, built_of: Mapping[str, type]) -> str | None:
    """Which submodule of a part, called `name`, is not what the part was built of; None if none.

    A parametrized one still is, as its weights are asked for by name; kernels ask once a sequence.
    An Interface must cut what the part's `shapes` say, in whatever order.
    """
    for key, cls in built_of.items():
        for place, child in _each(part._modules.get(key), f"{name}.{key}"):
            if other := _unlike(child, cls, key not in _WITHOUT_BIAS):
                return f"its {place} {other}"
            if cls is Interface and (other := _cut_otherwise(child, place, part.shapes)):
                return other
    return None


def _cut_otherwise(interface: Any, place: str, shapes: Mapping[str, tuple[int, ...]]) -> str | None:
    """How an interface differs from one of some shapes, in a sentence; None if not at all."""
    if inner := replaced(interface, place, {"linear": nn.Linear}):
        return inner
    if other := {name for name, _ in interface.shapes.items() ^ shapes.items()}:
        names = ", ".join(sorted(other))
        return f"its {place} has other shapes than the cell was built with: {names}"
    wanted, given = sum(map(math.prod, shapes.values())), interface.linear.out_features
    return None if given == wanted else f"its {place}.linear has {given} outputs, not {wanted}"


def _each(child: nn.Module | None, place: str) -> Iterator[tuple[str, nn.Module]]:
    if type(child) is nn.ModuleList:
        yield from ((f"{place}.{number}", layer) for number, layer in enumerate(child))
    elif child is not None:
        yield place, child


def _unlike(child: Any, cls: type, biased: bool) -> str | None:
    """What a submodule is in place of one of the class, in a few words."""
    if type(child) is not cls:
        if not is_parametrized(child) or type_before_parametrizations(child) is not cls:
            return f"is a {type(child).__name__}"
        # what a step leaves in a buffer, as spectral_norm does, the next step would find there
        if list(child.parametrizations.buffers()):
            return "has a parametrization that keeps buffers"
    if cls in (Interface, nn.Identity):
        return None
    if (child.bias is not None and child.bias is not False) != biased:
        return "has no bias" if biased else "has a bias"
    if cls is nn.RNNCell and child.nonlinearity != "tanh":
        return f"has the nonlinearity {child.nonlinearity}"
    return None
