"""A rollout through the kernels: the controller's and the interface's part, around a cell's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ....network import MemoryNetwork
from ....registry import controllers
from ..controller_step import FEEDFORWARD, GRU, KEPT, LSTM, ControllerWeights, Weights
from .arena import Arena, Array
from .draws import Draws

if TYPE_CHECKING:
    from .base import CellRun

CODES = {"lstm": LSTM, "gru": GRU, "feedforward": FEEDFORWARD}
"""What the kernels of a step take for a controller, by its registered name."""


def code_of_controller(controller: object) -> int | None:
    """The code of the kernel of a controller's step; None where there is no such kernel."""
    return CODES.get(controllers.name_of(type(controller)) or "")


class RunGradients:
    """Gradients of what every rollout has: per step, and of the state as it moves back.

    Its attributes are those fields of a cell's gradients that all cells have.
    """

    def __init__(self, run: Run, hidden: Array | None, reads: Array | None, cell: Array | None):
        steps, batch, columns = run.input_TBG.shape
        arena = run.cell.arena
        units, size = run.hidden_TBC.shape[2], run.weights.interface_bias_I.shape[0]
        self.hidden_TBC = _or_zeros(arena, hidden, steps, batch, units)
        self.read_TBO = _or_zeros(arena, reads, steps, batch, run.read_TBO.shape[2])
        self.cell_BC = arena.zeros(*run.cell_TBC.shape[1:])
        if cell is not None:
            self.cell_BC[:] = cell
        self.hidden_BC = arena.zeros(batch, units)
        self.hidden_now_BC = arena.empty(batch, units)
        self.read_BO = arena.zeros(*run.read_TBO.shape[1:])
        self.fed_TBG = arena.empty(steps, batch, columns)
        apart = columns if run.controller == GRU else 0
        self.recurrent_TBG = arena.empty(steps, batch, apart)
        self.interface_TBI = arena.empty(steps, batch, size)


class Run:
    """One rollout: the controller's and the interface's part, around a cell's."""

    def __init__(self, network: MemoryNetwork, cell: CellRun) -> None:
        self.cell = cell
        code = code_of_controller(network.controller)
        assert code is not None, "a controller without a kernel is refused"
        self.controller = code
        self.units = network.controller.output_size

    def forward(self, tensors: tuple[Tensor, ...], draws: Draws) -> tuple[Tensor, ...]:
        """Outputs, reads, last cell; weights, slots, log-probabilities, entropies; last state."""
        inputs_TBX, weight_GZ, bias_G = tensors[:3]
        hidden, bias, interface, offset, before, cell, found, *own = map(_array, tensors[3:])
        steps, batch, size = inputs_TBX.shape
        weight_GX = weight_GZ[:, :size]
        self.input_TBG = _array(torch.nn.functional.linear(inputs_TBX, weight_GX, bias_G))
        read = _array(weight_GZ[:, size:])
        self.weights = Weights(
            ControllerWeights(
                np.ascontiguousarray(read.T),
                np.ascontiguousarray(hidden.T),
                bias,
                _beside(hidden, read),
            ),  # fmt: skip
            np.ascontiguousarray(interface.T),
            offset,
            np.ascontiguousarray(interface),
        )
        kept = KEPT[self.controller] * self.units
        self.gates_TBQ = self.cell.arena.empty(steps if self.cell.keep else 1, batch, kept)
        self.cell_TBC = self.cell.states(cell)
        self.hidden_TBC = self.cell.states(before)
        self.read_TBO = self.cell.states(found)
        self.cell.forward(self, tuple(own), draws)
        arrays = (self.hidden_TBC[1:], self.read_TBO[1:], self.cell_TBC[-1])
        return tuple(
            torch.from_numpy(array) for array in (*arrays, *self.cell.address(), *self.cell.final())
        )

    def trace(self) -> dict[str, Array]:
        """Those fields of a cell's trace that all cells have."""
        names = ("input_TBG", "gates_TBQ", "cell_TBC", "hidden_TBC", "read_TBO")
        return {name: getattr(self, name) for name in names}

    def backward(
        self, inputs_TBX: Tensor, weight_GX: Tensor | None, grads: tuple[Tensor | None, ...]
    ) -> tuple[Tensor | None, ...]:
        """The gradients of the tensors given to `forward`, from those of what it gave.

        That of the inputs only where the weight that they went through is given.
        """
        arrays = [None if grad is None else _array(grad.contiguous()) for grad in grads]
        hidden, reads, cell, weights, _, log_prob, entropy, *final = arrays
        run = RunGradients(self, hidden, reads, cell)
        own = self.cell.backward(self, run, (weights, log_prob, entropy), tuple(final))
        fed, interface = _rows(run.fed_TBG), _rows(run.interface_TBI)
        # one product of many columns is worth more than three of few
        seen = [inputs_TBX.flatten(0, 1), _rows(self.read_TBO[:-1])]
        before = _rows(self.hidden_TBC[:-1])
        if self.controller == LSTM:
            seen.append(before)
        together = fed.t() @ torch.cat(seen, 1)
        fan_in = inputs_TBX.shape[2] + self.read_TBO.shape[2]
        to_hidden = together[:, fan_in:] if self.controller == LSTM else None
        to_bias = None
        if self.controller == GRU:
            recurrent = _rows(run.recurrent_TBG)
            to_hidden, to_bias = recurrent.t() @ before, recurrent.sum(0)
        return (
            None if weight_GX is None else (fed @ weight_GX).view_as(inputs_TBX),
            together[:, :fan_in],
            fed.sum(0),
            to_hidden,
            to_bias,
            interface.t() @ self.cell.seen(_rows(self.hidden_TBC[1:])),
            interface.sum(0),
            torch.from_numpy(run.hidden_BC),
            torch.from_numpy(run.cell_BC),
            torch.from_numpy(run.read_BO),
            *own,
        )


def _array(tensor: Tensor) -> Array:
    return tensor.detach().numpy()


def _rows(array_TBZ: Array) -> Tensor:
    return torch.from_numpy(array_TBZ).flatten(0, 1)


def _beside(hidden_GC: Array, read_GO: Array) -> Array:
    return np.concatenate([hidden_GC, read_GO], 1) if hidden_GC.size else read_GO.copy()


def _or_zeros(arena: Arena, array: Array | None, *shape: int) -> Array:
    return arena.zeros(*shape) if array is None else np.ascontiguousarray(array)
