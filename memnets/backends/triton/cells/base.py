"""What a cell's kernels owe a rollout by Triton, and the registry of the cells that have some.

Nothing here needs Triton: a cell's own file is imported only where Triton is there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from torch import Tensor, nn

from ....registry import cells
from ...kernels import Kernels
from ..sizes import Constants


class CellRun(ABC):
    """What one cell adds to a rollout: its two kernels, and the tensors that they fill.

    The state travels as its memory, the weightings of all heads and the cell's own tensors. The
    kernels' arguments are those of `recurrence`, then the cell's own where it says so.
    """

    built_of: ClassVar[Mapping[str, type[nn.Module]]]
    """The cell's submodules and their classes: any others would compute something else.

    An Interface must cut the parameters that the cell's `shapes` name.
    """

    forward_kernel: ClassVar[Any]
    backward_kernel: ClassVar[Any]

    def __init__(self, cell: Any, controller_size: int, lstm: bool) -> None:
        self.cell = cell
        self.constants = self._constants(controller_size, lstm)

    @staticmethod
    @abstractmethod
    def refuses(cell: Any) -> str | None:
        """Why the kernels do not cover a cell of the right class, in a sentence; else None."""

    @abstractmethod
    def _constants(self, controller_size: int, lstm: bool) -> Constants:
        """What the kernels are compiled with: sizes, offsets into the interface, blocks, warps."""

    @abstractmethod
    def tensors(self, state: Any) -> tuple[Tensor, ...]:
        """Memory (B, N, W), weightings of all heads (B, H, N), and the state's own tensors."""

    @abstractmethod
    def state(self, memory_BNW: Tensor, weights_BHN: Tensor, own: tuple[Tensor, ...]) -> Any:
        """The cell's state from what `tensors` takes it apart into."""

    @abstractmethod
    def trace(
        self, own: tuple[Tensor, ...], steps: int, saves: int
    ) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """The cell's own arguments of the forward kernel, given the first state's own tensors.

        The first of the two are kept for the backward kernel; the second are not. `saves` is how
        often the memory is saved.
        """

    @abstractmethod
    def last(self, kept: tuple[Tensor, ...], passing: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """The last state's own tensors, from what `trace` made and the kernel has filled."""

    @abstractmethod
    def workspace(self, kept: tuple[Tensor, ...], batch: int, every: int) -> tuple[Tensor, ...]:
        """What else the backward kernel writes on, `every` steps being replayed at a time."""


triton_cells: Kernels[type[CellRun]] = Kernels(
    "memnets.triton_cells", "memnets.backends.triton.cells", parts=cells, word="Triton kernel"
)
"""What runs a cell's kernels, by the name under which the cell is registered."""
