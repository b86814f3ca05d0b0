"""The stacked LSTM with skips in fast backends."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .base import FastController, fast_controllers
from .layers import one_way


@fast_controllers.register("graves2013")
class FastGraves2013(FastController):
    """Layer by layer over time; a layer's gates see the input, its own output and that below."""

    built_of = {"gates": nn.Linear}

    @staticmethod
    def over_time(controller: Any, inputs_TBX: Tensor, state: Any) -> tuple[Tensor, Any]:
        inputs = inputs_TBX.shape[2]
        hidden: list[Tensor] = []
        after = []
        for gates, (h_BC, c_BC) in zip(controller.gates, state, strict=True):
            units = h_BC.shape[1]
            # columns of the gates: the input, the layer's own last output, the layer below
            fed_GX, own_GC, below_GC = gates.weight.split(
                [inputs, units, gates.in_features - inputs - units], 1
            )
            weights = [torch.cat([fed_GX, below_GC], 1), own_GC.contiguous()]
            biases = [gates.bias, torch.zeros_like(gates.bias)]
            h_TBC, h_LBC, c_LBC = torch.lstm(
                torch.cat([inputs_TBX, *hidden[-1:]], -1),
                (h_BC.unsqueeze(0).contiguous(), c_BC.unsqueeze(0).contiguous()),
                *one_way(weights + biases, 1),
            )
            hidden.append(h_TBC)
            after.append((h_LBC[0], c_LBC[0]))
        return torch.cat(hidden, -1), tuple(after)
