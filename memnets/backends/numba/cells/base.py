"""What runs networks of one kind of cell on the CPU, and the registry of the cells that have it.

Nothing here needs numba: a cell's own file is imported when a network of that cell is first run.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor

from ....network import MemoryNetwork
from ....registry import cells
from ....types import NetworkState, Rollout
from ...kernels import Kernels


class CellKernels(ABC):
    """How networks of one kind of cell are run; it owns what it covers of them."""

    @classmethod
    @abstractmethod
    def refuses(cls, network: MemoryNetwork) -> str | None:
        """Why a network with such a cell is not covered, in a sentence; None where it is."""

    @classmethod
    @abstractmethod
    def unroll(cls, network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
        """The rollout of a network that is not refused."""


numba_cells: Kernels[type[CellKernels]] = Kernels(
    "memnets.numba_cells", home="memnets.backends.numba.cells", parts=cells
)
"""What runs a cell on the CPU, by the name under which the cell is registered."""
