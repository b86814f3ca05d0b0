"""A memory that learns at test time (Titans: Behrouz, Zhong and Mirrokni, 2024)."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import silu

from ..equations import fast_weights, surprise
from ..estimators import Estimator
from ..interface import Interface
from ..options import require_number, require_positive
from ..registry import cells
from ..types import Address
from .base import MemoryCell

FORGET_BIAS = -4.0
"""The forgetting gate at the start: of 50 steps ago, 40 % are left."""

WEIGHT_BOUND = 1e4
"""Weights and momenta stay within this. A rate that is too high for a key would have them grow
without bound, as any gradient descent."""

GRADIENT_BOUND = 1e12
"""The gradient that a step hands back to the weights before it is kept within this."""


class TitansState(NamedTuple):
    """The weights of every sequence and their momenta; a linear memory has no keys."""

    memory_BNW: Tensor
    momentum_BNW: Tensor
    keys_BNZ: Tensor | None
    keys_momentum_BNZ: Tensor | None


@cells.register("titans")
class Titans(MemoryCell[TitansState]):
    """Weights that are trained within the sequence, by the surprise |M(k) - v|² (Titans).

    S = η S - θ ∇, M = (1 - α) M + S, then M(q) is read. Momentum η, rate θ and forgetting α are
    gates of the controller's output; θ is at most `rate`. Keys and queries are SiLU scaled to norm
    one, values SiLU. The weights before the first step are parameters.

    With one of `layers` M is a matrix, and a key has as many features as there are `slots`. With
    two, a slot is a hidden unit with a key of `key_width` features; what it holds is added to the
    read as far as it is active. There is nothing to choose: `heads` is empty, and every estimator
    gives the same model. Persistent memory, convolution and attention are parts of the paper's
    networks, not of its memory.
    """

    contents: ClassVar = ("memory_BNW", "momentum_BNW", "keys_BNZ", "keys_momentum_BNZ")
    heads = ()

    def __init__(
        self,
        input_size: int,
        estimator: Estimator,
        *,
        slots: int = 64,
        width: int = 32,
        layers: int = 2,
        key_width: int = 32,
        rate: float = 1.0,
    ) -> None:
        super().__init__()
        require_positive(slots=slots, width=width, layers=layers, key_width=key_width)
        require_number("rate", rate, above=0)
        if layers > 2:
            raise ValueError(f"layers must be 1 or 2, not {layers}")
        self.estimator = estimator
        self.slots, self.width, self.rate = slots, width, rate
        self.key_width = key_width if layers == 2 else slots
        self.read_size = width
        self.interface = Interface(input_size, self.shapes)
        with torch.no_grad():
            self.interface.bias_of("forget").fill_(FORGET_BIAS)
        # nothing is recalled at first
        self.memory_NW = nn.Parameter(torch.zeros(slots, width))
        self.keys_NZ: nn.Parameter | None = None
        if layers == 2:
            self.keys_NZ = nn.Parameter(torch.randn(slots, key_width))

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The parameters of a step, as the interface cuts them, with their shapes."""
        return {
            "key": (self.key_width,),
            "query": (self.key_width,),
            "value": (self.width,),
            "momentum": (),
            "rate": (),
            "forget": (),
        }

    def initial_state(self, batch_size: int) -> TitansState:
        memory_BNW = self.memory_NW.expand(batch_size, -1, -1)
        momentum_BNW = torch.zeros_like(memory_BNW)
        if self.keys_NZ is None:
            return TitansState(memory_BNW, momentum_BNW, None, None)
        keys_BNZ = self.keys_NZ.expand(batch_size, -1, -1)
        return TitansState(memory_BNW, momentum_BNW, keys_BNZ, torch.zeros_like(keys_BNZ))

    def forward(self, h_BC: Tensor, state: TitansState) -> tuple[Tensor, TitansState, Address]:
        head = self.interface(h_BC)
        state = self._learned(state, head)
        query_BZ = fast_weights.unit_features(head["query"])
        if state.keys_BNZ is None:
            read_BW = surprise.linear_recall(state.memory_BNW, query_BZ)
        else:
            layers = surprise.Layers(state.keys_BNZ, state.memory_BNW)
            read_BW = surprise.layers_recall(layers, query_BZ)
        return read_BW, state, Address.of(h_BC.new_zeros(h_BC.shape[0], 0, self.slots))

    def _learned(self, state: TitansState, head: dict[str, Tensor]) -> TitansState:
        """The weights and momenta after a step down the gradient of the surprise."""
        key_BZ, value_BW = fast_weights.unit_features(head["key"]), silu(head["value"])
        if state.keys_BNZ is None:
            gradient_BNW = surprise.linear_gradient(state.memory_BNW, key_BZ, value_BW)
            return TitansState(
                *self._step(state.memory_BNW, state.momentum_BNW, gradient_BNW, head), None, None
            )
        assert state.keys_momentum_BNZ is not None
        layers = surprise.Layers(state.keys_BNZ, state.memory_BNW)
        gradient = surprise.layers_gradient(layers, key_BZ, value_BW)
        return TitansState(
            *self._step(state.memory_BNW, state.momentum_BNW, gradient.memory_BNW, head),
            *self._step(state.keys_BNZ, state.keys_momentum_BNZ, gradient.keys_BNZ, head),
        )

    def _step(
        self,
        weights_BNW: Tensor,
        momentum_BNW: Tensor,
        gradient_BNW: Tensor,
        head: dict[str, Tensor],
    ) -> tuple[Tensor, Tensor]:
        """Weights and their momentum after a gradient."""
        keep_B, rate_B = head["momentum"].sigmoid(), self.rate * head["rate"].sigmoid()
        momentum_BNW = surprise.momentum(momentum_BNW, gradient_BNW, keep_B, rate_B)
        momentum_BNW = _bounded(momentum_BNW)
        learned_BNW = surprise.learned(weights_BNW, momentum_BNW, head["forget"].sigmoid())
        return _bounded(learned_BNW), momentum_BNW


def _bounded(weights_BNW: Tensor) -> Tensor:
    weights_BNW = weights_BNW.clamp(-WEIGHT_BOUND, WEIGHT_BOUND)
    if weights_BNW.requires_grad:
        weights_BNW.register_hook(lambda grad: grad.clamp(-GRADIENT_BOUND, GRADIENT_BOUND))
    return weights_BNW
