"""Repeat copy of symbols: the number of repeats comes first (RL-NTM)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...answers import Symbols
from ..base import Batch, Task, answer_order, sources_at, tasks
from ..checks import check_range, check_whole, whole
from .echo import asked_last, draw_patterns


@tasks.register("symbol_repeat_copy")
@dataclass(frozen=True, kw_only=True)
class SymbolRepeatCopy(Task):
    """Repeat a sequence of random symbols as often as its first step says.

    A step with the number of repeats, `length` symbols, an end delimiter, then silent steps for the
    copies: T = length (repeats + 1) + 2. All is one-hot: the symbols have the first channels, then
    comes one for each number of repeats, and last the delimiter. Length and repeats are drawn once
    per batch.

    The RL-NTM (Zaremba & Sutskever, 2015) has it with 30 symbols, two or three repeats and an input
    tape whose head goes back to the start. Here the input goes by once and a memory is needed.
    `repeat_copy` is the NTM's: bits, the number last and as a real, an end marker.
    """

    symbols: int = 30
    min_length: int = 1
    max_length: int = 9
    min_repeats: int = 2
    max_repeats: int = 3

    test_factors: ClassVar[tuple[float, ...]] = (1 / 3, 2 / 3, 1, 2, 4)

    def __post_init__(self) -> None:
        check_whole(self, symbols=2)
        check_range(self, "min_length", "max_length", self.shortest)
        check_range(self, "min_repeats", "max_repeats", 1)

    @property
    def input_size(self) -> int:
        return self.symbols + self.max_repeats - self.min_repeats + 2

    @property
    def answer(self) -> Symbols:
        return Symbols(self.symbols)

    @property
    def lengths(self) -> tuple[int, int]:
        return self.min_length, self.max_length

    def sample(
        self,
        rng: np.random.Generator,
        batch_size: int,
        length: int | None = None,
        repeats: int | None = None,
    ) -> Batch:
        """As in `Task`; `repeats` is a number that is trained, None one drawn from these."""
        length = self.draw_length(rng, length)
        repeats = self._draw_repeats(rng, repeats)
        shown, targets = draw_patterns(rng, length, batch_size, 0, self.symbols)
        steps = length * (repeats + 1) + 2
        inputs_TBX = np.zeros((steps, batch_size, self.input_size), np.float32)
        inputs_TBX[0, :, self.symbols + repeats - self.min_repeats] = 1
        inputs_TBX[1 : length + 1, :, : self.symbols] = shown
        inputs_TBX[length + 1, :, -1] = 1
        return asked_last(inputs_TBX, np.tile(targets, (repeats, 1, 1)))

    def test_sample(self, rng: np.random.Generator, batch_size: int, length: int) -> Batch:
        """With the most repeats of training; a drawn number would decide a whole test."""
        return self.sample(rng, batch_size, length, self.max_repeats)

    def sources(self, batch: Batch) -> np.ndarray:
        length_B = batch.inputs_TBX[..., -1].argmax(0) - 1
        return sources_at(batch.mask_TB, 1 + answer_order(batch.mask_TB) % length_B)

    def chance_bits(self, length: int | None = None) -> float:
        length_ = sum(self.lengths) / 2 if length is None else length
        return length_ * math.log2(self.symbols) * (self.min_repeats + self.max_repeats) / 2

    def _draw_repeats(self, rng: np.random.Generator, repeats: int | None) -> int:
        if repeats is None:
            return int(rng.integers(self.min_repeats, self.max_repeats, endpoint=True))
        asked = whole("SymbolRepeatCopy", "repeats", repeats, self.min_repeats)
        if asked > self.max_repeats:
            raise ValueError(
                f"SymbolRepeatCopy: repeats is {asked}; at most {self.max_repeats} is possible."
            )
        return asked
