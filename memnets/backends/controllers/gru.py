"""The GRU in fast backends."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .base import SteppedController, StepWeights, fast_controllers
from .layers import stacked


@fast_controllers.register("gru")
class FastGRU(SteppedController):
    """Its candidate sees the hidden vector through the reset gate, so two biases stay apart."""

    built_of = {"cells": nn.GRUCell}

    @staticmethod
    def over_time(controller: Any, inputs_TBX: Tensor, state: Any) -> tuple[Tensor, Any]:
        hidden_TBC, h_LBC = torch.gru(inputs_TBX, torch.stack(state), *stacked(controller))
        return hidden_TBC, h_LBC.unbind(0)

    @staticmethod
    def layers(controller: Any) -> int:
        return len(controller.cells)

    @staticmethod
    def weights(controller: Any) -> StepWeights:
        cell = controller.cells[0]
        return StepWeights(cell.weight_ih, cell.bias_ih, cell.weight_hh, cell.bias_hh)

    @staticmethod
    def unpack(controller: Any, state: Any, batch: int) -> tuple[Tensor, Tensor]:
        (hidden_BC,) = state
        return hidden_BC, hidden_BC.new_zeros(batch, 0)

    @staticmethod
    def pack(hidden_BC: Tensor, cell_BC: Tensor) -> tuple[Tensor]:
        return (hidden_BC,)
