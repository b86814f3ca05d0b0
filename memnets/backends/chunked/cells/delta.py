"""The delta rule over a stretch of steps: what they write is solved for, not found step by step."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from ....cells.delta import DeltaState
from ....equations import chunked
from ....types import Address
from ..estimator import StretchEstimator
from .base import ChunkedCell, chunked_cells, of_stretch, over_heads


@chunked_cells.register("delta")
class ChunkedDelta(ChunkedCell):
    """Where a step writes and reads depends on the controller alone; the rest is an equation."""

    steps = 512

    @staticmethod
    def weightings(cell: Any) -> tuple[int, ...]:
        return (cell.pairs,) * 2 if cell.heads else ()

    @staticmethod
    def over_stretch(
        cell: Any, h_CBZ: Tensor, state: DeltaState, estimator: StretchEstimator
    ) -> tuple[Tensor, DeltaState, Address]:
        steps = len(h_CBZ)
        write, read, *parts = cell.written(h_CBZ.flatten(0, 1), estimator)
        address = of_stretch(cell.addresses(write, read), steps)
        read_BHCW, memory_BHNW = chunked.delta(
            state.memory_BHNW,
            *(over_heads(head.dense(cell.slots), steps) for head in (read, write)),
            *(None if part is None else over_heads(part, steps) for part in parts),
        )
        return read_BHCW.permute(2, 0, 1, 3).flatten(2), DeltaState(memory_BHNW), address
