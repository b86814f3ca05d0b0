"""Duplicated input: each symbol is shown several times and asked for once (RL-NTM)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...answers import Symbols
from ..base import Batch, Task, answer_order, sources_at, tasks
from ..checks import check_range, check_whole
from .echo import ask_after, draw_patterns


@tasks.register("duplicated_input")
@dataclass(frozen=True, kw_only=True)
class DuplicatedInput(Task):
    """Repeat a sequence of random symbols, each shown `copies` times, with each symbol once.

    A start delimiter, `length` symbols `copies` times each, an end delimiter, then `length` silent
    steps for the answer: T = length (copies + 1) + 2. Symbols are one-hot; the two delimiters have
    the last two channels. Neighbouring symbols may be equal, so that runs must be counted.

    The RL-NTM (Zaremba & Sutskever, 2015) has it with 30 symbols, three copies and an input tape
    whose head skips the copies. Here the input goes by once and a memory has to skip them.
    """

    symbols: int = 30
    copies: int = 3
    min_length: int = 1
    max_length: int = 10

    def __post_init__(self) -> None:
        check_whole(self, symbols=2, copies=1)
        check_range(self, "min_length", "max_length", self.shortest)

    @property
    def input_size(self) -> int:
        return self.symbols + 2

    @property
    def answer(self) -> Symbols:
        return Symbols(self.symbols)

    @property
    def lengths(self) -> tuple[int, int]:
        return self.min_length, self.max_length

    def sample(self, rng: np.random.Generator, batch_size: int, length: int | None = None) -> Batch:
        length = self.draw_length(rng, length)
        shown, targets = draw_patterns(rng, length, batch_size, 0, self.symbols)
        return ask_after(shown.repeat(self.copies, axis=0), targets)

    def sources(self, batch: Batch) -> np.ndarray:
        """The first of the steps that show the symbol."""
        return sources_at(batch.mask_TB, 1 + self.copies * answer_order(batch.mask_TB))

    def chance_bits(self, length: int | None = None) -> float:
        return math.log2(self.symbols) * (sum(self.lengths) / 2 if length is None else length)
