"""Reverse: repeat a sequence of random vectors after its end, last vector first."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...answers import Answer
from ..base import Batch, Task, answer_order, check_range, sources_at, tasks
from .echo import answer_of, ask_after, check_patterns, draw_patterns


@tasks.register("reverse")
@dataclass(frozen=True, kw_only=True)
class Reverse(Task):
    """Repeat a sequence of random vectors after its end, from the last one to the first.

    In all else it is `copy`: a start delimiter, `length` vectors, an end delimiter, then as many
    silent steps for the answer, T = 2 length + 2, the delimiters on the last two channels.

    With `symbols` = v > 0 the vectors are one-hot symbols of a vocabulary of v, answered as
    `Symbols(v)`, and `width` is unused. The input goes by once, from its first step to its last, so
    with 30 symbols this is the forward-reverse of the RL-NTM (Zaremba & Sutskever, 2015), which
    needs a memory. That paper's reverse, whose input head may go back, needs an input tape with
    actions and is no task of this kind.
    """

    width: int = 8
    min_length: int = 1
    max_length: int = 20
    symbols: int = 0

    def __post_init__(self) -> None:
        check_patterns(self, self.symbols)
        check_range(self, "min_length", "max_length", self.shortest)

    @property
    def input_size(self) -> int:
        return self.answer.output_size + 2

    @property
    def answer(self) -> Answer:
        return answer_of(self.width, self.symbols)

    @property
    def lengths(self) -> tuple[int, int]:
        return self.min_length, self.max_length

    def sample(self, rng: np.random.Generator, batch_size: int, length: int | None = None) -> Batch:
        length = self.draw_length(rng, length)
        shown, targets = draw_patterns(rng, length, batch_size, self.width, self.symbols)
        return ask_after(shown, targets[::-1])

    def sources(self, batch: Batch) -> np.ndarray:
        return sources_at(batch.mask_TB, batch.mask_TB.sum(0) - answer_order(batch.mask_TB))

    def chance_bits(self, length: int | None = None) -> float:
        per_step = math.log2(self.symbols) if self.symbols else self.width
        return per_step * (sum(self.lengths) / 2 if length is None else length)
