"""The parts of a network that kernels run in place of, and never call: what of them they take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized, type_before_parametrizations

from ....cells.dnc import DNC
from ....cells.dntm import DNTM
from ....cells.ntm import NTM
from ....controllers import GRU, LSTM, RNN, Feedforward, Graves2013
from ....interface import Interface

_BUILT_OF: dict[type, dict[str, type]] = {
    LSTM: {"cells": nn.LSTMCell},
    GRU: {"cells": nn.GRUCell},
    RNN: {"cells": nn.RNNCell},
    Feedforward: {"layers": nn.Linear},
    Graves2013: {"gates": nn.Linear},
    NTM: {"interface": Interface},
    DNC: {"interface": Interface, "norm": nn.Identity},
    DNTM: {"interface": Interface, "gate_input": nn.Linear, "from_input": nn.Linear},
    Interface: {"linear": nn.Linear},
}
_WITHOUT_BIAS = ("from_input",)


def replaced(part: nn.Module, name: str) -> str | None:
    """Which submodule of a part, called `name`, is not what the part was built of; None if none.

    A parametrized one still is, as its weights are asked for by name; kernels ask once a sequence.
    """
    for key, kind in _BUILT_OF.get(type(part), {}).items():
        for place, child in _each(part._modules.get(key), f"{name}.{key}"):
            if other := _unlike(child, kind, key not in _WITHOUT_BIAS):
                return f"its {place} {other}"
            if inner := replaced(child, place):
                return inner
    return None


def controller_weights(controller: Any) -> tuple[Tensor, ...]:
    """Weight of input and read, bias, weight of the hidden state, bias of the GRU's."""
    if type(controller) is Feedforward:
        layer: Any = controller.layers[0]
        weight = layer.weight
        none = weight.new_zeros(0)
        return weight, layer.bias, none.view(0, 0), none
    cell = controller.cells[0]
    if isinstance(cell, nn.GRUCell):
        return cell.weight_ih, cell.bias_ih, cell.weight_hh, cell.bias_hh
    bias = cell.bias_ih + cell.bias_hh
    return cell.weight_ih, bias, cell.weight_hh, bias.new_zeros(0)


def _each(child: nn.Module | None, place: str) -> Iterator[tuple[str, nn.Module]]:
    if type(child) is nn.ModuleList:
        yield from ((f"{place}.{number}", layer) for number, layer in enumerate(child))
    elif child is not None:
        yield place, child


def _unlike(child: Any, kind: type, biased: bool) -> str | None:
    """What a submodule is in place of one of its kind, in a few words."""
    if type(child) is not kind:
        if not is_parametrized(child) or type_before_parametrizations(child) is not kind:
            return f"is a {type(child).__name__}"
        # what a step leaves in a buffer, as spectral_norm does, the next step would find there
        if list(child.parametrizations.buffers()):
            return "has a parametrization that keeps buffers"
    if kind in (Interface, nn.Identity):
        return None
    if (child.bias is not None and child.bias is not False) != biased:
        return "has no bias" if biased else "has a bias"
    if kind is nn.RNNCell and child.nonlinearity != "tanh":
        return f"has the nonlinearity {child.nonlinearity}"
    return None
