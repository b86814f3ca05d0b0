"""The backend `numba`: whole sequences in compiled kernels on the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base import backends
from ..guards import FastBackend, modules_of

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
        import torch

        from .cells.base import numba_cells

        for module in modules_of(network):
            for tensor in module._parameters.values():
                if tensor is None:
                    continue
                if not tensor.is_cpu:
                    return f"the network is on {tensor.device}, the kernels are for the CPU"
                if tensor.dtype is not torch.float32:
                    return f"the network is in {tensor.dtype}, the kernels are in float32"
        refused = numba_cells.refuses(network.cell)
        return refused or numba_cells.of(network.cell).refuses(network)

    def unroll(self, network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
        from .cells.base import numba_cells

        return numba_cells.of(network.cell).unroll(network, inputs_TBX, state)
