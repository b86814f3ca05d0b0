"""A covered network's rollout: torch before and after the recurrence, Triton in it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import linear

from ..cells.ntm import NTM, NTMState
from ..controllers import LSTM, Feedforward
from ..estimators.choices import entropy
from ..kernels.rollouts.parts import controller_weights
from ..network import MemoryNetwork
from ..types import Address, NetworkState, Rollout
from .triton_ntm import Parameters, Sizes, Start, run


def unroll(network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
    """The rollout of a network that `coverage.reason` has nothing against."""
    cell, controller, size = network.cell, network.controller, network.input_size
    assert isinstance(cell, NTM) and isinstance(controller, LSTM | Feedforward)
    weight_JX, bias_J, hidden_JC, _ = controller_weights(controller)
    if isinstance(controller, LSTM):
        ((hidden_BC, cells_BC),) = state.controller
    else:
        hidden_JC = weight_JX.new_zeros(0, controller.output_size)
        hidden_BC = cells_BC = weight_JX.new_zeros(inputs_TBX.shape[1], controller.output_size)
    face = cell.interface.linear
    with torch.autocast(inputs_TBX.device.type, enabled=False):
        found = run(
            linear(inputs_TBX, weight_JX[:, :size], bias_J),
            Parameters(weight_JX[:, size:], hidden_JC, face.weight, face.bias),
            Start(
                hidden_BC, cells_BC, state.cell.memory_BNW, state.cell.weights_BHN, state.read_BR
            ),
            _sizes(cell, controller),
        )
    hidden_TBC, weights_TBHN, reads_TBR = found.hidden_TBC, found.weights_TBHN, found.reads_TBR
    nothing_TBH = weights_TBHN.new_zeros(weights_TBHN.shape[:-1])
    lstm = isinstance(controller, LSTM)
    after = NetworkState(
        ((hidden_TBC[-1], found.cells_BC),) if lstm else (),
        NTMState(found.memory_BNW, weights_TBHN[-1]),
        reads_TBR[-1],
    )
    logits_TBY = network.readout(torch.cat([network.bypass(hidden_TBC), reads_TBR], -1))
    address = Address(weights_TBHN, None, nothing_TBH, entropy(weights_TBHN))
    return Rollout(logits_TBY, address, after, hidden_TBC)


def _sizes(cell: NTM, controller: LSTM | Feedforward) -> Sizes:
    return Sizes(
        slots=cell.slots,
        width=cell.width,
        heads=len(cell.heads),
        writes=cell.writes,
        shifts=cell.interface.shapes["shift"][1],
        controller_size=controller.output_size,
        lstm=isinstance(controller, LSTM),
        read_first=cell.read_first,
    )
