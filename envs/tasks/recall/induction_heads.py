"""Induction heads: what followed a special symbol when it came before (Fu et al. 2023)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...answers import Symbols
from ..base import Batch, Task, sources_at, tasks
from ..checks import check_range, check_whole


@tasks.register("induction_heads")
@dataclass(frozen=True, kw_only=True)
class InductionHeads(Task):
    """Say which symbol followed a special one, when the special one comes a second time.

    `length` counts the steps. All show uniform symbols of `symbols` but two, which show the special
    symbol: the last step, at which the answer is given, and one before it, at a uniform place that
    leaves room for a symbol between. Symbols are one-hot, the special one has the last channel.

    As in Fu et al. (2023, "Hungry Hungry Hippos"). The sizes are those of Gu and Dao (2023,
    "Mamba"): 16 symbols, trained at a length of 256 and tested far beyond it.
    """

    symbols: int = 16
    min_length: int = 256
    max_length: int = 256

    shortest: ClassVar[int] = 3
    test_factors: ClassVar[tuple[float, ...]] = (1 / 4, 1 / 2, 1, 2, 4, 8)

    def __post_init__(self) -> None:
        check_whole(self, symbols=2)
        check_range(self, "min_length", "max_length", self.shortest)

    @property
    def input_size(self) -> int:
        return self.symbols + 1

    @property
    def answer(self) -> Symbols:
        return Symbols(self.symbols)

    @property
    def lengths(self) -> tuple[int, int]:
        return self.min_length, self.max_length

    def sample(self, rng: np.random.Generator, batch_size: int, length: int | None = None) -> Batch:
        length = self.draw_length(rng, length)
        rows = np.arange(batch_size)
        shown_TB = rng.integers(self.symbols, size=(length, batch_size))
        special_B = rng.integers(length - 2, size=batch_size)
        shown_TB[special_B, rows] = shown_TB[-1] = self.symbols
        inputs_TBX = np.zeros((length, batch_size, self.input_size), np.float32)
        np.put_along_axis(inputs_TBX, shown_TB[..., None], 1, -1)
        targets_TBY = np.zeros((length, batch_size, 1), np.int64)
        targets_TBY[-1, :, 0] = shown_TB[special_B + 1, rows]
        mask_TB = np.zeros((length, batch_size), bool)
        mask_TB[-1] = True
        return Batch(inputs_TBX, targets_TBY, mask_TB)

    def chance_bits(self, length: int | None = None) -> float:
        return math.log2(self.symbols)

    def sources(self, batch: Batch) -> np.ndarray:
        first_B = batch.inputs_TBX[..., -1].argmax(0)
        return sources_at(batch.mask_TB, np.broadcast_to(first_B + 1, batch.mask_TB.shape))
