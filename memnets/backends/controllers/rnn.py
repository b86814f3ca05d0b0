"""The plain tanh recurrence in fast backends."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .base import FastController, fast_controllers
from .layers import stacked


@fast_controllers.register("rnn")
class FastRNN(FastController):
    """Over time by torch's own layers; there is no kernel of a step."""

    built_of = {"cells": nn.RNNCell}

    @staticmethod
    def over_time(controller: Any, inputs_TBX: Tensor, state: Any) -> tuple[Tensor, Any]:
        hidden_TBC, h_LBC = torch.rnn_tanh(inputs_TBX, torch.stack(state), *stacked(controller))
        return hidden_TBC, h_LBC.unbind(0)
