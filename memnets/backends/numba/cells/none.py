"""A controller without a memory: whole sequences at once, on torch's own layers.

Nothing is read, so nothing has to wait for a cell, and no kernel of numba's is needed.
"""

from __future__ import annotations

from torch import Tensor

from ....network import MemoryNetwork
from ....types import Address, NetworkState, Rollout
from ...controllers.base import fast_controllers
from .base import CellKernels, numba_cells


@numba_cells.register("none")
class WithoutMemory(CellKernels):
    """Each layer of the controller over all steps at once, then the readout."""

    @classmethod
    def refuses(cls, network: MemoryNetwork) -> str | None:
        controller = network.controller
        refused = fast_controllers.refuses(controller)
        return refused or fast_controllers.of(controller).replaced(controller)

    @classmethod
    def unroll(cls, network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
        run = fast_controllers.of(network.controller)
        hidden_TBC, controller = run.over_time(network.controller, inputs_TBX, state.controller)
        none_TB00 = hidden_TBC.new_zeros(*inputs_TBX.shape[:2], 0, 0)
        none_TB0 = none_TB00.flatten(2)
        address = Address(none_TB00, None, none_TB0, none_TB0)
        after = NetworkState(controller, (), none_TB0[-1])
        return Rollout(network.read_out(hidden_TBC, none_TB0), address, after, hidden_TBC)
