"""What many tasks have in common: a string of symbols, then empty steps for the answer.

Shapes: T steps of the string, Z steps of the answer, B sequences.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from ..answers import Symbols
from .base import Batch, Task, sources_at
from .checks import check_range, check_whole

NOTHING = -1
"""Stands in an answer where no symbol is asked for."""


class Strings(NamedTuple):
    """Strings of one length and their answers, as indices of symbols, int64."""

    shown_TB: np.ndarray
    answers_ZB: np.ndarray
    """First symbol first; `NOTHING` after the last one of an answer that is shorter than others."""


@dataclass(frozen=True, kw_only=True)
class StringTask(Task):
    """A string, one symbol a step, then empty steps in which the answer is given.

    The symbols are one-hot and have the first channels. There are as many empty steps as the
    longest possible answer has symbols, with the last channel set; those after the last symbol of a
    shorter answer are not scored. `length` counts the symbols of the string.

    With `thinking` = k > 0, k times as many steps as the string has come between the two, with the
    channel before the last set; none of them is scored.

    Layout and lengths are those of Delétang et al. (2023, "Neural Networks and the Chomsky
    Hierarchy"): trained on lengths 1 to 40, tested at lengths up to 500. Their score is the
    accuracy per symbol of the answer, averaged over the lengths beyond the trained ones.
    """

    min_length: int = 1
    max_length: int = 40
    thinking: int = 0

    test_factors: ClassVar[tuple[float, ...]] = (1 / 4, 1 / 2, 1, 2, 4, 8, 12.5)

    def __post_init__(self) -> None:
        check_whole(self, thinking=0)
        check_range(self, "min_length", "max_length", self.shortest)

    @property
    @abstractmethod
    def shown_symbols(self) -> int:
        """Number of symbols of which strings are made."""

    @property
    @abstractmethod
    def answer_symbols(self) -> int:
        """Number of symbols of which answers are made."""

    @abstractmethod
    def draw(self, rng: np.random.Generator, length: int, batch_size: int) -> Strings:
        """New strings of that length, and their answers."""

    def answered(self, length: int) -> float:
        """Expected number of symbols of an answer; one, unless a task says otherwise."""
        return 1.0

    def places(self, shown_TB: np.ndarray) -> np.ndarray | None:
        """The steps `(Z, B)` of the string whose symbols are the answer; None where none are."""
        return None

    @property
    def input_size(self) -> int:
        return self.shown_symbols + 1 + (self.thinking > 0)

    @property
    def answer(self) -> Symbols:
        return Symbols(self.answer_symbols)

    @property
    def lengths(self) -> tuple[int, int]:
        return self.min_length, self.max_length

    def sample(self, rng: np.random.Generator, batch_size: int, length: int | None = None) -> Batch:
        shown_TB, answers_ZB = self.draw(rng, self.draw_length(rng, length), batch_size)
        asked = len(shown_TB) * (1 + self.thinking)
        steps = asked + len(answers_ZB)
        inputs_TBX = np.zeros((steps, batch_size, self.input_size), np.float32)
        np.put_along_axis(inputs_TBX[: len(shown_TB)], shown_TB[..., None], 1, -1)
        inputs_TBX[len(shown_TB) : asked, :, -2] = self.thinking > 0
        inputs_TBX[asked:, :, -1] = 1
        targets_TBY = np.zeros((steps, batch_size, 1), np.int64)
        targets_TBY[asked:, :, 0] = np.maximum(answers_ZB, 0)
        mask_TB = np.zeros((steps, batch_size), bool)
        mask_TB[asked:] = answers_ZB != NOTHING
        return Batch(inputs_TBX, targets_TBY, mask_TB)

    def chance_bits(self, length: int | None = None) -> float:
        low, high = self.lengths if length is None else (length, length)
        answered = [self.answered(n) for n in range(low, high + 1)]
        return math.log2(self.answer_symbols) * float(np.mean(answered))

    def sources(self, batch: Batch) -> np.ndarray | None:
        asked_B = batch.inputs_TBX[..., -1].argmax(0)
        steps_TB = np.full(batch.mask_TB.shape, -1)
        for asked in np.unique(asked_B):
            rows = np.flatnonzero(asked_B == asked)
            shown_TB = batch.inputs_TBX[: asked // (1 + self.thinking), rows].argmax(-1)
            places_ZB = self.places(shown_TB)
            if places_ZB is None:
                return None
            steps_TB[asked : asked + len(places_ZB), rows] = places_ZB
        return sources_at(batch.mask_TB, steps_TB)
