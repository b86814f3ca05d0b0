"""A rollout through the kernels as one differentiable operation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ...cells.base import MemoryCell
from ...controllers import Controller
from ...network import MemoryNetwork
from ...types import Address, NetworkState, Rollout
from ..choice import MODE, SAMPLE
from ..controllers import FEEDFORWARD, GATES, GRU, KEPT, LSTM, ControllerWeights, Weights

Array = np.ndarray[Any, np.dtype[Any]]
KINDS: dict[str, int] = {"LSTM": LSTM, "GRU": GRU, "Feedforward": FEEDFORWARD}


class CellRun(ABC):
    """What a cell adds to a rollout: its state, its heads and its two kernels. One per rollout."""

    writes: int
    """How many of the heads come first, as write heads."""

    def __init__(self, cell: Any, kind: int, steps: int, batch: int, keep: bool) -> None:
        self.cell, self.kind, self.steps, self.batch, self.keep = cell, kind, steps, batch, keep

    @staticmethod
    @abstractmethod
    def refuses(cell: Any) -> str | None:
        """Why the kernels do not cover a cell of the right class, in a few words."""

    @abstractmethod
    def tensors(self, state: Any, inputs_TBX: Tensor) -> tuple[Tensor, ...]:
        """What of the cell's own a gradient may flow to: the state, and terms hoisted from inputs."""

    @abstractmethod
    def forward(self, run: Run, own: tuple[Array, ...], uniforms_TX: Array) -> None:
        """Run the forward kernel on the arrays of `tensors`."""

    @abstractmethod
    def address(self) -> tuple[Array, Array, Array, Array]:
        """Weights (T, B, H, N), slots, log-probabilities and entropies (T, B, H), heads in order."""

    @abstractmethod
    def final(self) -> tuple[Array, ...]:
        """The arrays of the last state, but for those that `state` takes from the address."""

    @abstractmethod
    def state(self, final: tuple[Tensor, ...], weights_BHN: Tensor) -> Any:
        """The cell's state from `final` and the last weights."""

    @abstractmethod
    def backward(
        self,
        run: Run,
        grads: RunGradients,
        address: tuple[Array | None, Array | None, Array | None],
        final: tuple[Array | None, ...],
    ) -> tuple[Tensor | None, ...]:
        """Run the backward kernel; the gradients of `tensors`.

        `address` are those of weights, log-probabilities and entropies; None where there is none.
        """


class RunGradients:
    """Gradients of what every rollout has: per step, and of the state as it moves back."""

    def __init__(self, run: Run, hidden: Array | None, reads: Array | None, cell: Array | None):
        steps, batch, columns = run.input_TBG.shape
        units, size = run.hidden_TBC.shape[2], run.weights.interface_bias_I.shape[0]
        self.hidden_TBC = _or_zeros(hidden, (steps, batch, units))
        self.read_TBR = _or_zeros(reads, (steps, batch, run.read_TBR.shape[2]))
        self.cell_BC = np.zeros(run.cell_TBC.shape[1:], np.float32)
        if cell is not None:
            self.cell_BC[:] = cell
        self.hidden_BC = np.zeros((batch, units), np.float32)
        self.hidden_now_BC = np.empty((batch, units), np.float32)
        self.read_BR = np.zeros(run.read_TBR.shape[1:], np.float32)
        self.fed_TBG = np.empty((steps, batch, columns), np.float32)
        gru = steps if run.controller == GRU else 0
        self.recurrent_TBG = np.empty((steps, batch, columns if gru else 0), np.float32)
        self.interface_TBI = np.empty((steps, batch, size), np.float32)


class Run:
    """One rollout: the controller's and the interface's part, around a cell's."""

    def __init__(self, network: MemoryNetwork, cell: CellRun) -> None:
        self.cell = cell
        self.controller = KINDS[type(network.controller).__name__]
        self.units = network.controller.output_size

    def forward(self, tensors: tuple[Tensor, ...], uniforms_TX: Array) -> tuple[Tensor, ...]:
        """Outputs, reads, last cell; weights, slots, log-probabilities, entropies; last state."""
        fed, read, hidden, bias, interface, offset, before, cell, found, *own = map(_array, tensors)
        steps, batch, _ = fed.shape
        self.input_TBG = np.ascontiguousarray(fed)
        self.weights = Weights(
            ControllerWeights(
                *map(np.ascontiguousarray, (read.T, hidden.T, bias, read, hidden)),
            ),
            *map(np.ascontiguousarray, (interface.T, offset, interface)),
        )
        kept = KEPT[self.controller] * self.units
        self.gates_TBQ = np.empty((steps if self.cell.keep else 1, batch, kept), np.float32)
        self.cell_TBC = _states(cell, steps)
        self.hidden_TBC = _states(before, steps)
        self.read_TBR = _states(found, steps)
        self.cell.forward(self, tuple(own), uniforms_TX)
        arrays = (self.hidden_TBC[1:], self.read_TBR[1:], self.cell_TBC[-1])
        return tuple(
            torch.from_numpy(array)
            for array in (*arrays, *self.cell.address(), *self.cell.final())
        )

    def backward(self, grads: tuple[Tensor | None, ...]) -> tuple[Tensor | None, ...]:
        """The gradients of the tensors given to `forward`, from those of what it gave."""
        arrays = [None if grad is None else _array(grad.contiguous()) for grad in grads]
        hidden, reads, cell, weights, _, log_prob, entropy, *final = arrays
        run = RunGradients(self, hidden, reads, cell)
        own = self.cell.backward(self, run, (weights, log_prob, entropy), tuple(final))
        fed_TBG = torch.from_numpy(run.fed_TBG)
        fed, found = fed_TBG.flatten(0, 1), torch.from_numpy(self.read_TBR[:-1]).flatten(0, 1)
        before = torch.from_numpy(self.hidden_TBC[:-1]).flatten(0, 1)
        after = torch.from_numpy(self.hidden_TBC[1:]).flatten(0, 1)
        interface = torch.from_numpy(run.interface_TBI).flatten(0, 1)
        recurrent = None
        if self.controller != FEEDFORWARD:
            gru = self.controller == GRU
            recurrent = torch.from_numpy(run.recurrent_TBG).flatten(0, 1) if gru else fed
        return (
            fed_TBG,
            fed.t() @ found,
            None if recurrent is None else recurrent.t() @ before,
            recurrent.sum(0) if recurrent is not None and self.controller == GRU else None,
            interface.t() @ after,
            interface.sum(0),
            torch.from_numpy(run.hidden_BC),
            torch.from_numpy(run.cell_BC),
            torch.from_numpy(run.read_BR),
            *own,
        )


class Fused(torch.autograd.Function):
    """A rollout as one operation of the graph."""

    @staticmethod
    def forward(ctx: Any, run: Run, uniforms_TX: Array, *tensors: Tensor) -> tuple[Tensor, ...]:
        outputs = run.forward(tensors, uniforms_TX)
        if run.cell.keep:
            ctx.run = run
            ctx.set_materialize_grads(False)
            # saved to be told if anyone changes them in place before the way back
            ctx.save_for_backward(*tensors, *outputs[:2])
        ctx.mark_non_differentiable(outputs[4])
        return outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        assert ctx.saved_tensors
        return (None, None, *ctx.run.backward(grads))


def unroll(
    network: MemoryNetwork, make: type[CellRun], kind: int, inputs_TBX: Tensor, state: NetworkState
) -> Rollout:
    """A network over a sequence with the kernels of its cell."""
    steps, batch, _ = inputs_TBX.shape
    controller, interface = network.controller, network.cell.interface.linear
    weight_GX, bias_G, read_GR, hidden_GC, hidden_bias_G = _parts(controller, network.input_size)
    fed_TBG = torch.nn.functional.linear(inputs_TBX, weight_GX, bias_G)
    before_BC, cell_BC = _controller_state(controller, state.controller, batch)
    common = (fed_TBG, read_GR, hidden_GC, hidden_bias_G, interface.weight, interface.bias)
    needed = torch.is_grad_enabled()
    cell = make(network.cell, kind, steps, batch, keep=needed)
    own = cell.tensors(state.cell, inputs_TBX)
    uniforms_TX = _uniforms(kind, network.cell, steps, batch)
    run = Run(network, cell)
    hidden_TBC, read_TBR, cell_BC, weights, slots, log_prob, entropy, *final = Fused.apply(
        run, uniforms_TX, *common, before_BC, cell_BC, state.read_BR, *own
    )
    address = Address(weights, None, log_prob, entropy)
    if kind in (SAMPLE, MODE):
        there = slots >= 0
        last = weights.shape[-1] - 1
        address = Address(
            there.unsqueeze(-1).to(weights.dtype),
            slots.where(there, last).unsqueeze(-1),
            log_prob,
            entropy,
        )
    bypassed = torch.cat([network.bypass(hidden_TBC), read_TBR], -1)
    after = NetworkState(
        _state_of(controller, hidden_TBC[-1], cell_BC),
        cell.state(tuple(final), weights[-1]),
        read_TBR[-1],
    )
    return Rollout(network.readout(bypassed), address, after, hidden_TBC)


def _uniforms(kind: int, cell: MemoryCell, steps: int, batch: int) -> Array:
    """What `choices.sample` would draw, step by step; zeros where nothing is sampled."""
    draw = torch.rand if kind == SAMPLE else torch.zeros
    return draw(steps, batch * len(cell.heads), dtype=torch.float32).numpy()


def _parts(controller: Any, input_size: int) -> tuple[Tensor, ...]:
    """Weight of the input, bias, weights of the read and of the hidden state, bias of the GRU's."""
    if hasattr(controller, "layers"):
        layer = controller.layers[0]
        weight, none = layer.weight, layer.weight.new_zeros(0)
        return weight[:, :input_size], layer.bias, weight[:, input_size:], none.view(0, 0), none
    cell = controller.cells[0]
    own = isinstance(cell, torch.nn.GRUCell)
    return (
        cell.weight_ih[:, :input_size],
        cell.bias_ih if own else cell.bias_ih + cell.bias_hh,
        cell.weight_ih[:, input_size:],
        cell.weight_hh,
        cell.bias_hh if own else cell.bias_hh.new_zeros(0),
    )


def _controller_state(controller: Any, state: Any, batch: int) -> tuple[Tensor, Tensor]:
    """Hidden state and the LSTM's cell; empty or zero where a controller has none."""
    if isinstance(state, tuple) and state and isinstance(state[0], tuple):
        return state[0]
    like = next(controller.parameters())
    hidden = state[0] if state else like.new_zeros(batch, controller.output_size)
    return hidden, like.new_zeros(batch, 0)


def _state_of(controller: Controller, hidden_BC: Tensor, cell_BC: Tensor) -> Any:
    name = type(controller).__name__
    return {"LSTM": ((hidden_BC, cell_BC),), "GRU": (hidden_BC,), "Feedforward": ()}[name]


def _array(tensor: Tensor) -> Array:
    return tensor.detach().numpy()


def _states(first: Array, steps: int) -> Array:
    states = np.empty((steps + 1, *first.shape), np.float32)
    states[0] = first
    return states


def _or_zeros(array: Array | None, shape: tuple[int, ...]) -> Array:
    return np.zeros(shape, np.float32) if array is None else np.ascontiguousarray(array)
