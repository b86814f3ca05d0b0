"""One linear map from the controller's output to every named parameter of the heads."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn


class Interface(nn.Module):
    """Cuts one linear map of the controller's output into named parameters.

    `shapes` gives each parameter's trailing shape: `{"key": (R, W), "gate": (R,)}` yields a `key`
    of (B, R, W) and a `gate` of (B, R), both raw; the cell squashes them as its paper asks.
    """

    def __init__(self, input_size: int, shapes: Mapping[str, tuple[int, ...]]) -> None:
        super().__init__()
        self.shapes = dict(shapes)
        self._sizes = [math.prod(shape) for shape in self.shapes.values()]
        self.linear = nn.Linear(input_size, sum(self._sizes))
        nn.init.xavier_uniform_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, h_BC: Tensor) -> dict[str, Tensor]:
        pieces = self.linear(h_BC).split(self._sizes, -1)
        return {
            name: piece.reshape(-1, *shape)
            for (name, shape), piece in zip(self.shapes.items(), pieces, strict=True)
        }

    def offsets(self) -> dict[str, int]:
        """Where each named parameter begins in the map's output; kernels read them from there."""
        starts = itertools.accumulate(self._sizes, initial=0)
        return dict(zip(self.shapes, starts, strict=False))

    def bias_of(self, name: str) -> Tensor:
        """The bias of one named parameter, a view: for starting values that a paper sets."""
        start = self.offsets()[name]
        return self.linear.bias[start : start + math.prod(self.shapes[name])]


def oneplus(x: Tensor) -> Tensor:
    """1 + log(1 + exp(x)): strengths and powers, at least one (DNC, methods)."""
    return 1 + torch.nn.functional.softplus(x)
