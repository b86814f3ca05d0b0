"""A controller without a memory, over a whole sequence: torch's own recurrent layers.

Nothing is read, so nothing has to wait for a cell: each layer runs over all steps at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ....controllers import GRU, LSTM, RNN, Feedforward, Graves2013
from ....network import MemoryNetwork
from ....types import Address, NetworkState, Rollout
from .parts import replaced


def refuses(controller: Any) -> str | None:
    """Why a controller cannot run over a whole sequence at once; None where it can."""
    if type(controller) not in _LAYERS:
        return f"the controller {type(controller).__name__} has no kernel"
    return replaced(controller, "controller")


def unroll(network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
    """A network without memory over a sequence, from `state`."""
    run = _LAYERS[type(network.controller)]
    hidden_TBC, controller = run(network.controller, inputs_TBX, state.controller)
    none_TB00 = hidden_TBC.new_zeros(*inputs_TBX.shape[:2], 0, 0)
    none_TB0 = none_TB00.flatten(2)
    address = Address(none_TB00, None, none_TB0, none_TB0)
    after = NetworkState(controller, (), none_TB0[-1])
    return Rollout(network.readout(network.bypass(hidden_TBC)), address, after, hidden_TBC)


def _lstm(controller: Any, inputs_TBX: Tensor, state: Any) -> tuple[Tensor, Any]:
    before = tuple(torch.stack(part) for part in zip(*state, strict=True))
    hidden_TBC, h_LBC, c_LBC = torch.lstm(inputs_TBX, before, *_stacked(controller))
    return hidden_TBC, tuple(zip(h_LBC.unbind(0), c_LBC.unbind(0), strict=True))


def _gru(controller: Any, inputs_TBX: Tensor, state: Any) -> tuple[Tensor, Any]:
    hidden_TBC, h_LBC = torch.gru(inputs_TBX, torch.stack(state), *_stacked(controller))
    return hidden_TBC, h_LBC.unbind(0)


def _rnn(controller: Any, inputs_TBX: Tensor, state: Any) -> tuple[Tensor, Any]:
    hidden_TBC, h_LBC = torch.rnn_tanh(inputs_TBX, torch.stack(state), *_stacked(controller))
    return hidden_TBC, h_LBC.unbind(0)


def _graves2013(controller: Any, inputs_TBX: Tensor, state: Any) -> tuple[Tensor, Any]:
    """A layer's gates see the input, its own last output and the layer below, in this order."""
    inputs = inputs_TBX.shape[2]
    hidden: list[Tensor] = []
    after = []
    for gates, (h_BC, c_BC) in zip(controller.gates, state, strict=True):
        units = h_BC.shape[1]
        fed_GX, own_GC, below_GC = gates.weight.split(
            [inputs, units, gates.in_features - inputs - units], 1
        )
        weights = [torch.cat([fed_GX, below_GC], 1), own_GC.contiguous()]
        biases = [gates.bias, torch.zeros_like(gates.bias)]
        h_TBC, h_LBC, c_LBC = torch.lstm(
            torch.cat([inputs_TBX, *hidden[-1:]], -1),
            (h_BC.unsqueeze(0).contiguous(), c_BC.unsqueeze(0).contiguous()),
            *_one_way(weights + biases, 1),
        )
        hidden.append(h_TBC)
        after.append((h_LBC[0], c_LBC[0]))
    return torch.cat(hidden, -1), tuple(after)


def _feedforward(controller: Any, inputs_TBX: Tensor, state: Any) -> tuple[Tensor, Any]:
    hidden_TBC, state = controller(inputs_TBX, state)
    return hidden_TBC, state


def _stacked(controller: Any) -> tuple[Any, ...]:
    weights = [
        weight
        for cell in controller.cells
        for weight in (cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh)
    ]
    return _one_way(weights, len(controller.cells))


def _one_way(weights: list[Tensor], layers: int) -> tuple[Any, ...]:
    """What torch's layers take after inputs and state: no dropout, forwards, time first."""
    biases, dropout, training, bidirectional, batch_first = True, 0.0, True, False, False
    return weights, biases, layers, dropout, training, bidirectional, batch_first


_LAYERS: dict[type, Callable[[Any, Tensor, Any], tuple[Tensor, Any]]] = {
    LSTM: _lstm,
    GRU: _gru,
    RNN: _rnn,
    Graves2013: _graves2013,
    Feedforward: _feedforward,
}
