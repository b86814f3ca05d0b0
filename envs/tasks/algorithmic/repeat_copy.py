"""Repeat copy: repeat a sequence a requested number of times (Graves et al. 2014, 4.2)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...answers import Bits
from ..base import Batch, Task, answer_order, fair_bits, sources_at, tasks
from ..checks import check_range, check_whole, whole

# the most repeats that a test may ask for, as a multiple of the trained ones; it bounds the inputs
_FURTHEST = 10


@tasks.register("repeat_copy")
@dataclass(frozen=True, kw_only=True)
class RepeatCopy(Task):
    """Repeat a sequence a requested number of times, then give an end marker.

    A start delimiter, `length` vectors, one step with the delimiter and the number of repeats, then
    silent steps for the copies and the end marker: T = length (repeats + 1) + 3. Length and repeats
    are drawn once per batch. The count has its own channel, normalised to mean 0 and variance 1
    over the trained repeats; the delimiter beside it keeps a count of zero visible.

    The default width is 6, which the published parameter counts and learning curves fit; the
    paper's text says 8. The last of the `width` + 1 answer bits is the end marker.
    """

    width: int = 6
    min_length: int = 1
    max_length: int = 10
    min_repeats: int = 1
    max_repeats: int = 10

    test_factors: ClassVar[tuple[float, ...]] = (1 / 5, 1 / 2, 1, 2)

    def __post_init__(self) -> None:
        check_whole(self, width=1)
        check_range(self, "min_length", "max_length", self.shortest)
        check_range(self, "min_repeats", "max_repeats", 1)

    @property
    def input_size(self) -> int:
        return self.width + 2

    @property
    def answer(self) -> Bits:
        return Bits(self.width + 1)

    @property
    def lengths(self) -> tuple[int, int]:
        return self.min_length, self.max_length

    @property
    def input_range(self) -> tuple[float, float]:
        """Wide enough for tests with more repeats than were trained."""
        furthest = self._normalise(_FURTHEST * self.max_repeats)
        return min(0.0, self._normalise(1)), max(1.0, furthest)

    def sample(
        self,
        rng: np.random.Generator,
        batch_size: int,
        length: int | None = None,
        repeats: int | None = None,
    ) -> Batch:
        """As in `Task`; `repeats` may be up to ten times the most that are trained."""
        length = self.draw_length(rng, length)
        repeats = self._draw_repeats(rng, repeats)
        width, start = self.width, length + 2
        steps = start + length * repeats + 1
        pattern = fair_bits(rng, length, batch_size, width)
        inputs_TBX = np.zeros((steps, batch_size, width + 2), np.float32)
        inputs_TBX[[0, length + 1], :, width] = 1
        inputs_TBX[1 : length + 1, :, :width] = pattern
        inputs_TBX[length + 1, :, width + 1] = self._normalise(repeats)
        targets_TBY = np.zeros((steps, batch_size, width + 1), np.float32)
        targets_TBY[start:-1, :, :width] = np.tile(pattern, (repeats, 1, 1))
        targets_TBY[-1, :, width] = 1
        mask_TB = np.zeros((steps, batch_size), bool)
        mask_TB[start:] = True
        return Batch(inputs_TBX, targets_TBY, mask_TB)

    def test_sample(self, rng: np.random.Generator, batch_size: int, length: int) -> Batch:
        """With the most repeats of training; a drawn number would decide a whole test."""
        return self.sample(rng, batch_size, length, self.max_repeats)

    def sources(self, batch: Batch) -> np.ndarray:
        """-1 at the end marker too."""
        # the first of the two steps with a delimiter is the start
        length_B = batch.inputs_TBX[1:, :, self.width].argmax(0)
        vector_TB = batch.mask_TB & (batch.targets_TBY[..., self.width] == 0)
        return sources_at(vector_TB, 1 + answer_order(batch.mask_TB) % length_B)

    def chance_bits(self, length: int | None = None) -> float:
        """Counts only the bits of the pattern, because the place of the end marker is known."""
        length_ = sum(self.lengths) / 2 if length is None else length
        return length_ * self.width * (self.min_repeats + self.max_repeats) / 2

    def _draw_repeats(self, rng: np.random.Generator, repeats: int | None) -> int:
        if repeats is None:
            return int(rng.integers(self.min_repeats, self.max_repeats, endpoint=True))
        asked, most = whole("RepeatCopy", "repeats", repeats, 1), _FURTHEST * self.max_repeats
        if asked > most:
            raise ValueError(f"RepeatCopy: repeats is {asked}; 1 to {most} are possible.")
        return asked

    def _normalise(self, repeats: int) -> float:
        mean = (self.min_repeats + self.max_repeats) / 2
        choices = self.max_repeats - self.min_repeats + 1
        return (repeats - mean) / (math.sqrt((choices**2 - 1) / 12) or 1.0)
