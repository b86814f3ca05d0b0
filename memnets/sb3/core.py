"""A memory network where sb3-contrib expects an `nn.LSTM`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from torch import Tensor, nn

from ..addressing import others, readdressed, slow_controls
from ..network import MemoryNetwork
from ..spec import ModelSpec
from ..types import NetworkState, Rollout
from .packing import Packed, Packing

Memory = ModelSpec | Mapping[str, Any] | str
"""A model: its spec, the spec's fields, or the name of a cell."""


def spec_of(model: Memory) -> ModelSpec:
    """The spec of a model that is given in any of three ways; raises ValueError or TypeError."""
    if isinstance(model, str):
        return ModelSpec(model)
    return ModelSpec(**model) if isinstance(model, Mapping) else model


class MemoryCore(nn.Module):
    """A registered model with the face of a one-layer `nn.LSTM`.

    `core(x_TBF, (h, c))` gives the network's outputs (T, B, Y) and the next halves of its packed
    state; rows of zeros begin an episode. Whole sequences go through the network's backend.
    """

    num_layers = 1

    def __init__(self, memory: Memory, input_size: int, output_size: int) -> None:
        super().__init__()
        self.network: MemoryNetwork = spec_of(memory).build(input_size, output_size)
        self.packing = Packing(self.network)
        self.input_size, self.hidden_size = input_size, self.packing.half_size
        self._see: Callable[[Rollout], None] | None = None

    def forward(
        self, x_TBF: Tensor, packed: Packed, starts_TB: Tensor | None = None
    ) -> tuple[Tensor, Packed]:
        rollout = self.run(x_TBF, packed, starts_TB)
        return rollout.logits_TBY, self.packing.pack(rollout.state)

    def run(self, x_TBF: Tensor, packed: Packed, starts_TB: Tensor | None) -> Rollout:
        """The network's rollout, which the one who is watching sees."""
        rollout: Rollout = self.network(x_TBF, self.unpacked(packed), starts_TB)
        if self._see is not None:
            self._see(rollout)
        return rollout

    @contextlib.contextmanager
    def watched(self, see: Callable[[Rollout], None]) -> Iterator[None]:
        """Shows every rollout to `see` meanwhile; a hook would keep fast backends away."""
        self._see = see
        try:
            yield
        finally:
            self._see = None

    @property
    def addresses(self) -> tuple[str, ...]:
        """How it may be tested beside its own address, as `memnets.addressing` names it."""
        found = (*others(self.network), *slow_controls(self.network))
        return tuple(each for each in found if each != self.network.estimator.at_test)

    @contextlib.contextmanager
    def addressed(self, address: str, *, seed: int = 0) -> Iterator[None]:
        """Meanwhile, an agent in `eval()` addresses its memory in this way, from step to step."""
        with readdressed(self.network, address, seed=seed):
            yield

    def unpacked(self, packed: Packed) -> NetworkState:
        """The network's state, its initial one in the rows of zeros."""
        return self.packing.unpack(packed, self.network.initial_state(packed[0].shape[1]))
