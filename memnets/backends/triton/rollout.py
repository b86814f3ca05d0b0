"""A covered network's rollout: torch before and after the recurrence, Triton in it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear

from ...estimators.choices import entropy
from ...network import MemoryNetwork
from ...types import Address, NetworkState, Rollout
from ..controllers.base import fast_controllers
from .cells.base import triton_cells
from .coverage import is_lstm
from .recurrence import recurrence
from .tensors import Parameters, Start


def unroll(network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
    """The rollout of a network that `coverage.reason` has nothing against."""
    cell: Any = network.cell
    size, batch, units = network.input_size, inputs_TBX.shape[1], network.controller.output_size
    driver = fast_controllers.of(network.controller)
    weight_GX, bias_G, hidden_GC, _ = driver.weights(network.controller)
    hidden_BC, cells_BC = driver.unpack(network.controller, state.controller, batch)
    lstm = bool(is_lstm(network.controller))
    if not lstm:
        hidden_GC, cells_BC = weight_GX.new_zeros(0, units), hidden_BC
    run = triton_cells.of(cell)(cell, units, lstm)
    face = cell.interface.linear
    with torch.autocast(inputs_TBX.device.type, enabled=False):
        steps, memory_BNW, own = recurrence(
            run,
            linear(inputs_TBX, weight_GX[:, :size], bias_G),
            Parameters(weight_GX[:, size:], hidden_GC, face.weight, face.bias),
            Start(hidden_BC, cells_BC, state.read_BO),
            run.tensors(state.cell),
        )
    hidden_TBC, weights_TBHN, reads_TBO, cells_BC = steps
    after = NetworkState(
        driver.pack(hidden_TBC[-1], cells_BC),
        run.state(memory_BNW, weights_TBHN[-1], own),
        reads_TBO[-1],
    )
    address = Address.of(weights_TBHN, entropy_BH=entropy(weights_TBHN))
    return Rollout(network.read_out(hidden_TBC, reads_TBO), address, after, hidden_TBC)
