"""The reference: the network's own loop over time, in pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Backend, backends

if TYPE_CHECKING:
    from torch import Tensor

    from ..network import MemoryNetwork
    from ..types import NetworkState, Rollout


@backends.register("reference")
class Reference(Backend):
    """The plain loop over the pure functions: any network, any call, on any device."""

    rank = 0

    def refuses(
        self,
        network: MemoryNetwork,
        inputs_TBX: Tensor | None = None,
        state: NetworkState | None = None,
    ) -> str | None:
        return None

    def unroll(self, network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
        return network.unroll(inputs_TBX, state)
