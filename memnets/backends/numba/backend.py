"""The backend `numba`: whole sequences in compiled kernels on the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base import backends
from ..guards import FastBackend

if TYPE_CHECKING:
    from torch import Tensor

    from ...network import MemoryNetwork
    from ...types import NetworkState, Rollout


@backends.register("numba")
class Numba(FastBackend):
    """Kernels for whole sequences on the CPU, float32."""

    rank = 2
    device = "cpu"
    fused = True

    def lacks(self, network: MemoryNetwork) -> str | None:
        from .coverage import reason

        return reason(network)

    def unroll(self, network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
        from .coverage import run

        return run(network, inputs_TBX, state)
