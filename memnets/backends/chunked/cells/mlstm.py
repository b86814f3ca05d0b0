"""The matrix memory of xLSTM over a stretch of steps: gated products of its queries and keys."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from ....cells.mlstm import MLSTMState
from ....equations import chunked
from ....types import Address
from ..estimator import StretchEstimator
from .base import ChunkedCell, chunked_cells, of_stretch, over_heads


@chunked_cells.register("mlstm")
class ChunkedMLSTM(ChunkedCell):
    """Where a step writes and reads depends on the controller alone; the rest is an equation."""

    steps = 64

    @staticmethod
    def weightings(cell: Any) -> tuple[int, ...]:
        return (cell.pairs,) * 2 if cell.heads else ()

    @staticmethod
    def over_stretch(
        cell: Any, h_CBZ: Tensor, state: MLSTMState, estimator: StretchEstimator
    ) -> tuple[Tensor, MLSTMState, Address]:
        steps = len(h_CBZ)
        write, read, value, log_forget, log_input, output = cell.written(
            h_CBZ.flatten(0, 1), estimator
        )
        address = of_stretch(cell.addresses(write, read), steps)
        read_BHCW, after = chunked.matrix(
            chunked.Matrix(*state),
            *(over_heads(head.dense(cell.slots), steps) for head in (read, write)),
            *(over_heads(part, steps) for part in (value, log_forget, log_input)),
        )
        read_BHCW = over_heads(output, steps) * read_BHCW
        return read_BHCW.permute(2, 0, 1, 3).flatten(2), MLSTMState(*after), address
