"""The NTM's part of a rollout by Triton kernels."""

from __future__ import annotations

from torch import Tensor

from ....cells.ntm import NTM, NTMState
from ....interface import Interface
from ..sizes import Constants, offsets, padded, shared
from .base import CellRun, triton_cells
from .ntm_backward import backward
from .ntm_forward import forward


@triton_cells.register("ntm")
class NTMRun(CellRun):
    """Every option of the NTM; where its state starts is the cell's own affair."""

    built_of = {"interface": Interface}
    forward_kernel = forward
    backward_kernel = backward
    cell: NTM

    @staticmethod
    def refuses(cell: NTM) -> str | None:
        return None

    def _constants(self, controller_size: int, lstm: bool) -> Constants:
        cell, interface = self.cell, self.cell.interface
        shifts, face = interface.shapes["shift"][1], interface.linear.out_features
        sizes = {"H": len(cell.heads), "P": cell.writes, "D": shifts, "DP": padded(shifts)}
        return {
            **shared(cell.slots, cell.width, controller_size, lstm, cell.read_size, face),
            **offsets(interface),
            **sizes,
            "READ_FIRST": cell.read_first,
        }

    def tensors(self, state: NTMState) -> tuple[Tensor, ...]:
        return tuple(state)

    def state(self, memory_BNW: Tensor, weights_BHN: Tensor, own: tuple[Tensor, ...]) -> NTMState:
        return NTMState(memory_BNW, weights_BHN)

    def trace(
        self, own: tuple[Tensor, ...], steps: int, saves: int
    ) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        return (), ()

    def last(self, kept: tuple[Tensor, ...], passing: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return ()

    def workspace(self, kept: tuple[Tensor, ...], batch: int, every: int) -> tuple[Tensor, ...]:
        return ()
