"""The LSTM in fast backends."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .base import SteppedController, StepWeights, fast_controllers
from .layers import stacked


@fast_controllers.register("lstm")
class FastLSTM(SteppedController):
    """Hidden vector and cell; over time by torch's own layers."""

    built_of = {"cells": nn.LSTMCell}

    @staticmethod
    def over_time(controller: Any, inputs_TBX: Tensor, state: Any) -> tuple[Tensor, Any]:
        before = tuple(torch.stack(part) for part in zip(*state, strict=True))
        hidden_TBC, h_LBC, c_LBC = torch.lstm(inputs_TBX, before, *stacked(controller))
        return hidden_TBC, tuple(zip(h_LBC.unbind(0), c_LBC.unbind(0), strict=True))

    @staticmethod
    def layers(controller: Any) -> int:
        return len(controller.cells)

    @staticmethod
    def weights(controller: Any) -> StepWeights:
        cell = controller.cells[0]
        bias_G = cell.bias_ih + cell.bias_hh
        return StepWeights(cell.weight_ih, bias_G, cell.weight_hh, bias_G.new_zeros(0))

    @staticmethod
    def unpack(controller: Any, state: Any, batch: int) -> tuple[Tensor, Tensor]:
        ((hidden_BC, cell_BC),) = state
        return hidden_BC, cell_BC

    @staticmethod
    def pack(hidden_BC: Tensor, cell_BC: Tensor) -> tuple[tuple[Tensor, Tensor]]:
        return ((hidden_BC, cell_BC),)
