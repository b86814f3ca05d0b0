"""What runs a cell over a stretch of steps at once, and the registry of the cells that have it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from torch import Tensor

from ....registry import cells
from ....types import Address
from ...kernels import Kernels
from ..estimator import StretchEstimator


class ChunkedCell(ABC):
    """A cell's equations over a stretch of steps, all of which the controller has run already."""

    steps: ClassVar[int]
    """Steps of a stretch: more take more memory at once, fewer more calls."""

    @staticmethod
    @abstractmethod
    def weightings(cell: Any) -> tuple[int, ...]:
        """Heads of each weighting that a step asks its estimator about, in the order of asking."""

    @staticmethod
    @abstractmethod
    def over_stretch(
        cell: Any, h_CBZ: Tensor, state: Any, estimator: StretchEstimator
    ) -> tuple[Tensor, Any, Address]:
        """Reads (C, B, O), the state after the last step, and the addresses, stacked over time.

        `estimator` is the cell's, over such a stretch.
        """


chunked_cells: Kernels[type[ChunkedCell]] = Kernels(
    "memnets.chunked_cells",
    home="memnets.backends.chunked.cells",
    parts=cells,
    word="form for whole sequences",
)
"""What runs a cell over a stretch, by the name under which the cell is registered."""


def of_stretch(address: Address, steps: int) -> Address:
    """An address of (C · B) rows, step by step, as one of C steps."""
    return Address._make(
        None if part is None else part.unflatten(0, (steps, -1)) for part in address
    )


def over_heads(part: Tensor, steps: int) -> Tensor:
    """Numbers of (C · B) rows per head, step by step, as those of each head over C steps.

    (C · B, H, …) becomes (B, H, C, …).
    """
    return part.unflatten(0, (steps, -1)).movedim(0, 2)
