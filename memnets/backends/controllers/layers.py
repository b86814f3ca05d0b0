"""What torch's own recurrent layers take, from the cells that a controller holds."""

from __future__ import annotations

from typing import Any

from torch import Tensor


def stacked(controller: Any) -> tuple[Any, ...]:
    """The arguments after inputs and state, from the cells of a controller."""
    weights = [
        weight
        for cell in controller.cells
        for weight in (cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh)
    ]
    return one_way(weights, len(controller.cells))


def one_way(weights: list[Tensor], layers: int) -> tuple[Any, ...]:
    """The arguments after inputs and state: no dropout, forwards, time first."""
    biases, dropout, training, bidirectional, batch_first = True, 0.0, True, False, False
    return weights, biases, layers, dropout, training, bidirectional, batch_first
