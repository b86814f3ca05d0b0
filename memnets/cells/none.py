"""The control of every comparison: a controller without a memory."""

from __future__ import annotations

from torch import Tensor

from ..estimators import Estimator
from ..registry import cells
from ..types import Address
from .base import MemoryCell


@cells.register("none")
class NoMemory(MemoryCell[tuple[()]]):
    """No memory: zero slots, zero heads, nothing read; the plain controller as a baseline."""

    read_size = 0
    slots = 0
    heads = ()

    def __init__(self, input_size: int, estimator: Estimator) -> None:
        super().__init__()
        self.estimator = estimator

    def initial_state(self, batch_size: int) -> tuple[()]:
        return ()

    def forward(self, h_BC: Tensor, state: tuple[()]) -> tuple[Tensor, tuple[()], Address]:
        none_B00 = h_BC.new_zeros(h_BC.shape[0], 0, 0)
        return none_B00.flatten(1), state, Address.of(none_B00)
