"""What a cell adds to a rollout through the kernels: its state, its heads and its two kernels."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from ....network import MemoryNetwork
from ....storage.contents import first_named
from ....types import Address as RolloutAddress
from ....types import NetworkState, Rollout
from ...controllers.base import fast_controllers
from ...parts import replaced
from ..address import Address, AddressGradients
from ..cells.base import CellKernels
from ..choices.base import Choice
from ..choices.dispatch import code_of
from ..memory import DENSE
from .arena import Arena, Array
from .draws import Draws, choice_of
from .run import Run, RunGradients, code_of_controller
from .unroll import unroll


class CellRun(CellKernels):
    """One rollout of a cell; the class says which networks with such a cell it covers."""

    built_of: ClassVar[Mapping[str, type[nn.Module]]]
    """The cell's submodules and their classes: any others would compute something else.

    An Interface must cut the parameters that the cell's `shapes` name.
    """

    writes: int
    """How many of the heads come first, as write heads."""

    trace: Any
    """The arrays of the forward kernel; among them `write_address` and `read_address`."""

    def __init__(self, cell: Any, choice: Choice, steps: int, batch: int, keep: bool) -> None:
        self.cell, self.steps, self.batch, self.keep = cell, steps, batch, keep
        self.choice = code_of(choice)
        estimator = cell.estimator.in_force()
        self.kept = 0 if choice.kept is None else choice.kept(estimator, self.among(cell))
        self.arena = Arena()

    @classmethod
    def refuses(cls, network: MemoryNetwork) -> str | None:
        refused = _undriven(network.controller)
        if refused is None and choice_of(network.estimator) is None:
            refused = f"the estimator {type(network.estimator.in_force()).__name__} has no kernel"
        return (
            refused
            or cls.lacks(network.cell)
            or fast_controllers.of(network.controller).replaced(network.controller)
            or replaced(network.cell, "cell", cls.built_of)
        )

    @classmethod
    def unroll(cls, network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
        return unroll(network, cls, inputs_TBX, state)

    @staticmethod
    @abstractmethod
    def lacks(cell: Any) -> str | None:
        """Which option of a cell the kernels do not cover, in a few words; None where none."""

    def interface(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the linear map from the hidden state to what the kernels cut up."""
        linear = self.cell.interface.linear
        return linear.weight, linear.bias

    def seen(self, hidden_BC: Tensor) -> Tensor:
        """What the interface sees of the hidden state: all of it, unless a cell says otherwise."""
        return hidden_BC

    @staticmethod
    def choosing(cell: Any) -> tuple[int, int]:
        """How many write and how many read heads make a choice of their own: all of them."""
        return cell.writes, len(cell.heads) - cell.writes

    @staticmethod
    def among(cell: Any) -> int:
        """Among how many each of them chooses: the slots."""
        slots: int = cell.slots
        return slots

    @abstractmethod
    def tensors(self, state: Any, inputs_TBX: Tensor) -> tuple[Tensor, ...]:
        """What a gradient may flow to: the cell's state, and terms hoisted from inputs."""

    @abstractmethod
    def forward(self, run: Run, own: tuple[Array, ...], draws: Draws) -> None:
        """Run the forward kernel on the arrays of `tensors`."""

    def address(self) -> tuple[Array, ...]:
        """Weights (T, B, H, N); slots, log-probabilities and entropies (T, B, H).

        Of a choice that keeps several slots these, (T, B, H, K).
        """
        groups = self.trace.write_address, self.trace.read_address
        parts = [
            [group.weights_BHN[..., : self.cell.slots] for group in groups],
            [group.slots_BHK if self.kept else group.slot_BH for group in groups],
            [group.log_prob_BH for group in groups],
            [group.entropy_BH for group in groups],
        ]
        return tuple(np.concatenate([array[-self.steps :] for array in part], 2) for part in parts)

    def rolled(
        self, weights: Tensor, slots: Tensor, log_prob: Tensor, entropy: Tensor
    ) -> RolloutAddress:
        """The parts of `address` in the form in which the estimator gives an address.

        A slot that is named again has its weight where it is named first.
        """
        if self.kept:
            again = first_named(slots) != torch.arange(self.kept)
            kept = weights.gather(-1, slots).masked_fill(again, 0)
            return RolloutAddress(kept, slots, log_prob, entropy)
        if not self.choice.is_sparse:
            return RolloutAddress(weights, None, log_prob, entropy)
        there = slots >= 0
        return RolloutAddress(
            there.unsqueeze(-1).to(weights.dtype),
            slots.where(there, weights.shape[-1] - 1).unsqueeze(-1),
            log_prob,
            entropy,
        )

    def states(self, first: Array) -> Array:
        """Room for a state before each step and after the last; the first is given."""
        states = self.arena.empty(self.steps + 1, *first.shape)
        states[0] = first
        return states

    def addresses_from(self, weights_BHN: Array, columns: int | None = None) -> Address:
        """Room for the addresses of a group of heads, after those that it starts from.

        So many `columns` of slots, or those that a choice of several keeps.
        """
        weights = self.states(weights_BHN)
        at = weights.shape[:-1]
        slot = np.full(at, DENSE, np.int64)
        slots = np.zeros((*at, self.kept if columns is None else columns), np.int64)
        return Address(weights, slot, self.arena.empty(*at), self.arena.empty(*at), slots)

    def incoming(
        self, heads: slice, weights: Array | None, log_prob: Array | None, entropy: Array | None
    ) -> AddressGradients:
        """The gradients of the addresses of a group of heads."""
        count = len(range(*heads.indices(len(self.cell.heads))))
        none = self.arena.empty(0, self.batch, count, self.cell.slots)
        nothing = self.arena.zeros(self.steps, self.batch, count)
        return AddressGradients(
            none if weights is None else np.ascontiguousarray(weights[:, :, heads]),
            nothing if log_prob is None else np.ascontiguousarray(log_prob[:, :, heads]),
            nothing if entropy is None else np.ascontiguousarray(entropy[:, :, heads]),
        )

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


def _undriven(controller: Any) -> str | None:
    """Why the kernels cannot drive a memory with a controller, in a sentence; else None."""
    if refused := fast_controllers.refuses(controller):
        return refused
    if code_of_controller(controller) is None:
        return f"the controller {type(controller).__name__} has no kernel"
    layers = fast_controllers.of(controller).layers(controller)
    return f"the kernels drive one layer, the controller has {layers}" if layers > 1 else None
