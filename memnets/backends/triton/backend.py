"""The backend `triton`: whole sequences in persistent kernels on a GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base import backends
from ..guards import FastBackend

if TYPE_CHECKING:
    from torch import Tensor

    from ...network import MemoryNetwork
    from ...types import NetworkState, Rollout


@backends.register("triton")
class Triton(FastBackend):
    """Persistent kernels for whole sequences on a GPU, float32 or float64.

    Where TRITON_INTERPRET=1 was set before Triton was first imported, they run on the CPU too:
    slowly, for tests.
    """

    rank = 2
    device = "cuda"
    fused = True

    def lacks(self, network: MemoryNetwork) -> str | None:
        from .coverage import reason

        return reason(network)

    def unroll(self, network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
        from .rollout import unroll

        return unroll(network, inputs_TBX, state)
