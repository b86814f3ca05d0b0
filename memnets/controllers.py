"""The networks that drive a memory: input and state in, output and state out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor, nn

from .options import require_positive
from .registry import controllers as controllers

register = controllers.register


class Controller(nn.Module, ABC):
    """Built as Controller(input_size, size, **options); keeps no tensors between steps."""

    output_size: int

    @abstractmethod
    def initial_state(self, batch_size: int) -> Any: ...

    @abstractmethod
    def forward(self, x_BX: Tensor, state: Any) -> tuple[Tensor, Any]: ...

    @classmethod
    def output_size_of(cls, size: int, **options: Any) -> int:
        """Width of the output of a controller of that size, known before it is built."""
        return size


@controllers.register("lstm")
class LSTM(Controller):
    """Long short-term memory, `layers` stacked (Hochreiter and Schmidhuber, 1997)."""

    def __init__(self, input_size: int, size: int, *, layers: int = 1) -> None:
        super().__init__()
        self.output_size = size
        self.cells = _stack(nn.LSTMCell, input_size, size, layers)

    def initial_state(self, batch_size: int) -> tuple[tuple[Tensor, Tensor], ...]:
        return tuple((zero, zero) for zero in _zeros(self.cells, batch_size))

    def forward(self, x_BX: Tensor, state: Any) -> tuple[Tensor, Any]:
        after = []
        for cell, before in zip(self.cells, state, strict=True):
            after.append(cell(x_BX, before))
            x_BX = after[-1][0]
        return x_BX, tuple(after)


@controllers.register("graves2013")
class Graves2013(Controller):
    """Stacked LSTM with skips: input to every layer, every layer to the output (Graves, 2013).

    The LSTM baseline of the NTM paper: `layers` of `size` units, no peepholes, one bias per
    gate and learned starting states. The output is that of all layers side by side.
    """

    def __init__(self, input_size: int, size: int, *, layers: int = 3) -> None:
        super().__init__()
        self.output_size = self.output_size_of(size, layers=layers)
        self.gates = nn.ModuleList(
            nn.Linear(input_size + size * (1 if layer == 0 else 2), 4 * size)
            for layer in range(layers)
        )
        # rows: the starting output and the starting cell of each layer
        self.start_L2C = nn.Parameter(torch.zeros(layers, 2, size))

    @classmethod
    def output_size_of(cls, size: int, **options: Any) -> int:
        layers = options.get("layers", 3)
        require_positive(size=size, layers=layers)
        return size * int(layers)

    def initial_state(self, batch_size: int) -> tuple[tuple[Tensor, Tensor], ...]:
        return tuple(
            (h_C.expand(batch_size, -1), c_C.expand(batch_size, -1))
            for h_C, c_C in self.start_L2C.unbind(0)
        )

    def forward(self, x_BX: Tensor, state: Any) -> tuple[Tensor, Any]:
        after: list[tuple[Tensor, Tensor]] = []
        for gates, (h_BC, c_BC) in zip(self.gates, state, strict=True):
            below = [after[-1][0]] if after else []
            i, f, g, o = gates(torch.cat([x_BX, h_BC, *below], -1)).chunk(4, -1)
            c_BC = f.sigmoid() * c_BC + i.sigmoid() * g.tanh()
            after.append((o.sigmoid() * c_BC.tanh(), c_BC))
        return torch.cat([h_BC for h_BC, _ in after], -1), tuple(after)


class _Recurrent(Controller):
    """Stacked cells whose whole state is their output."""

    cell: type[nn.RNNCellBase]

    def __init__(self, input_size: int, size: int, *, layers: int = 1) -> None:
        super().__init__()
        self.output_size = size
        self.cells = _stack(self.cell, input_size, size, layers)

    def initial_state(self, batch_size: int) -> tuple[Tensor, ...]:
        return _zeros(self.cells, batch_size)

    def forward(self, x_BX: Tensor, state: Any) -> tuple[Tensor, Any]:
        after = []
        for cell, before in zip(self.cells, state, strict=True):
            x_BX = cell(x_BX, before)
            after.append(x_BX)
        return x_BX, tuple(after)


@controllers.register("gru")
class GRU(_Recurrent):
    """Gated recurrent unit, `layers` stacked (Cho et al., 2014)."""

    cell = nn.GRUCell


@controllers.register("rnn")
class RNN(_Recurrent):
    """Plain tanh recurrence, `layers` stacked (Elman, 1990)."""

    cell = nn.RNNCell


@controllers.register("feedforward")
class Feedforward(Controller):
    """No recurrence, `layers` of tanh units: memory is the only state (NTM, section 3.4)."""

    def __init__(self, input_size: int, size: int, *, layers: int = 1) -> None:
        super().__init__()
        require_positive(size=size, layers=layers)
        self.output_size = size
        sizes = [input_size, *[size] * layers]
        self.layers = nn.ModuleList(
            nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:], strict=True)
        )

    def initial_state(self, batch_size: int) -> tuple[()]:
        return ()

    def forward(self, x_BX: Tensor, state: Any) -> tuple[Tensor, Any]:
        for layer in self.layers:
            x_BX = torch.tanh(layer(x_BX))
        return x_BX, state


def _stack(cell: type[nn.RNNCellBase], input_size: int, size: int, layers: int) -> nn.ModuleList:
    require_positive(size=size, layers=layers)
    return nn.ModuleList(
        cell(input_size if layer == 0 else size, size)  # type: ignore[call-arg]
        for layer in range(layers)
    )


def _zeros(cells: nn.ModuleList, batch_size: int) -> tuple[Tensor, ...]:
    weights: list[Any] = [cell.weight_hh for cell in cells]
    return tuple(weight.new_zeros(batch_size, weight.shape[1]) for weight in weights)
