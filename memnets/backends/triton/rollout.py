"""A covered network's rollout: torch before and after the recurrence, Triton in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear

from ...cells.dnc import DNC
from ...cells.ntm import NTM
from ...controllers import LSTM, Feedforward
from ...estimators.choices import entropy
from ...network import MemoryNetwork
from ...types import Address, NetworkState, Rollout
from ..numba.rollouts.parts import controller_weights
from . import dnc as triton_dnc
from . import ntm as triton_ntm
from .recurrence import Parameters, Start, Steps

_RUNS: dict[type, Callable[..., tuple[Steps, Any]]] = {NTM: triton_ntm.run, DNC: triton_dnc.run}


def unroll(network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
    """The rollout of a network that `coverage.reason` has nothing against."""
    cell, controller, size = network.cell, network.controller, network.input_size
    assert isinstance(cell, NTM | DNC) and isinstance(controller, LSTM | Feedforward)
    lstm = isinstance(controller, LSTM)
    weight_JX, bias_J, hidden_JC, _ = controller_weights(controller)
    if lstm:
        ((hidden_BC, cells_BC),) = state.controller
    else:
        hidden_JC = weight_JX.new_zeros(0, controller.output_size)
        hidden_BC = cells_BC = weight_JX.new_zeros(inputs_TBX.shape[1], controller.output_size)
    face = cell.interface.linear
    with torch.autocast(inputs_TBX.device.type, enabled=False):
        steps, after = _RUNS[type(cell)](
            cell,
            linear(inputs_TBX, weight_JX[:, :size], bias_J),
            Parameters(weight_JX[:, size:], hidden_JC, face.weight, face.bias),
            Start(hidden_BC, cells_BC, state.read_BR),
            state.cell,
        )
    hidden_TBC, weights_TBHN, reads_TBR, cells_BC = steps
    nothing_TBH = weights_TBHN.new_zeros(weights_TBHN.shape[:-1])
    controlled = ((hidden_TBC[-1], cells_BC),) if lstm else ()
    logits_TBY = network.readout(torch.cat([network.bypass(hidden_TBC), reads_TBR], -1))
    address = Address(weights_TBHN, None, nothing_TBH, entropy(weights_TBHN))
    return Rollout(logits_TBY, address, NetworkState(controlled, after, reads_TBR[-1]), hidden_TBC)
