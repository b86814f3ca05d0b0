"""Copy: repeat a sequence of random vectors after its end (Graves et al. 2014, 4.1)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...answers import Answer, Bits, Symbols
from ..base import Batch, Task, check_range, check_whole, fair_bits, tasks


@tasks.register("copy")
@dataclass(frozen=True, kw_only=True)
class Copy(Task):
    """Repeat a sequence of random vectors after its end.

    A start delimiter, `length` vectors, an end delimiter, then as many silent steps for the answer:
    T = 2 length + 2. The two delimiters have the last two channels.

    With `symbols` = v > 0 the vectors are one-hot symbols of a vocabulary of v, answered as
    `Symbols(v)` as in the RL-NTM (Zaremba & Sutskever, 2015); `width` is then unused.
    """

    width: int = 8
    min_length: int = 1
    max_length: int = 20
    symbols: int = 0

    def __post_init__(self) -> None:
        check_whole(self, width=1, symbols=0)
        check_range(self, "min_length", "max_length", self.shortest)
        if self.symbols == 1:
            raise ValueError("Copy: symbols is 1; 0 (bit vectors) or at least 2 is needed.")

    @property
    def input_size(self) -> int:
        return self.answer.output_size + 2

    @property
    def answer(self) -> Answer:
        return Symbols(self.symbols) if self.symbols else Bits(self.width)

    @property
    def lengths(self) -> tuple[int, int]:
        return self.min_length, self.max_length

    def sample(self, rng: np.random.Generator, batch_size: int, length: int | None = None) -> Batch:
        length = self.draw_length(rng, length)
        vectors, targets = self._patterns(rng, length, batch_size)
        width, steps = vectors.shape[-1], 2 * length + 2
        inputs_TBX = np.zeros((steps, batch_size, width + 2), np.float32)
        inputs_TBX[0, :, width] = 1
        inputs_TBX[1 : length + 1, :, :width] = vectors
        inputs_TBX[length + 1, :, width + 1] = 1
        targets_TBY = np.zeros((steps, *targets.shape[1:]), targets.dtype)
        targets_TBY[length + 2 :] = targets
        mask_TB = np.zeros((steps, batch_size), bool)
        mask_TB[length + 2 :] = True
        return Batch(inputs_TBX, targets_TBY, mask_TB)

    def chance_bits(self, length: int | None = None) -> float:
        per_step = math.log2(self.symbols) if self.symbols else self.width
        return per_step * (sum(self.lengths) / 2 if length is None else length)

    def _patterns(
        self, rng: np.random.Generator, length: int, batch_size: int
    ) -> tuple[np.ndarray, np.ndarray]:
        if not self.symbols:
            bits = fair_bits(rng, length, batch_size, self.width)
            return bits, bits
        symbols = rng.integers(self.symbols, size=(length, batch_size))
        return np.eye(self.symbols, dtype=np.float32)[symbols], symbols[..., None]
