"""Dynamic n-grams: predict bits that depend on the bits before (Graves et al. 2014, 4.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...answers import Bits
from ..base import Batch, Task, fair_bits, tasks
from ..checks import check_range, check_whole


@tasks.register("dynamic_ngrams")
@dataclass(frozen=True, kw_only=True)
class DynamicNgrams(Task):
    """Predict the next bit of a sequence drawn from a random table, a new one per sequence.

    The probability of a one depends on the last `context` bits; the table's 2^context entries are
    drawn from Beta(1/2, 1/2), and the first `context` bits are fair. `length` counts the bits. Step
    t shows bit t - 1 (zero at the start) and asks for bit t, so every step is scored.
    """

    context: int = 5
    min_length: int = 200
    max_length: int = 200

    test_factors: ClassVar[tuple[float, ...]] = (1 / 4, 1 / 2, 1, 2)

    def __post_init__(self) -> None:
        check_whole(self, context=1)
        check_range(self, "min_length", "max_length", self.shortest)
        if self.context > 20:
            raise ValueError(f"DynamicNgrams: context is {self.context}; at most 20 is possible.")

    @property
    def input_size(self) -> int:
        return 1

    @property
    def answer(self) -> Bits:
        return Bits(1)

    @property
    def lengths(self) -> tuple[int, int]:
        return self.min_length, self.max_length

    def sample(self, rng: np.random.Generator, batch_size: int, length: int | None = None) -> Batch:
        length = self.draw_length(rng, length)
        table_BZ = rng.beta(0.5, 0.5, size=(batch_size, 2**self.context))
        bits_TB = fair_bits(rng, length, batch_size)
        chance_TB = rng.random((length, batch_size))
        if length > self.context:
            self._draw(bits_TB, chance_TB, table_BZ)
        inputs_TB = np.zeros_like(bits_TB)
        inputs_TB[1:] = bits_TB[:-1]
        return Batch(inputs_TB[..., None], bits_TB[..., None], np.ones_like(bits_TB, bool))

    def chance_bits(self, length: int | None = None) -> float:
        return float(sum(self.lengths) / 2 if length is None else length)

    def optimum_bits(self, batch: Batch) -> np.ndarray:
        """Cost of the Bayes estimator P(1) = (N1 + 1/2) / (N1 + N0 + 1) on this batch."""
        bits_TB = batch.targets_TBY[..., 0]
        length, batch_size = bits_TB.shape
        rows = np.arange(batch_size)
        seen_BZ2 = np.full((batch_size, 2**self.context, 2), 0.5)
        cost_B = np.full(batch_size, float(min(self.context, length)))
        for t in range(self.context, length):
            context_B, bit_B = self._contexts(bits_TB, t), bits_TB[t].astype(int)
            seen_B2 = seen_BZ2[rows, context_B]
            cost_B -= np.log2(seen_B2[rows, bit_B] / seen_B2.sum(-1))
            seen_BZ2[rows, context_B, bit_B] += 1
        return cost_B

    def _draw(self, bits_TB: np.ndarray, chance_TB: np.ndarray, table_BZ: np.ndarray) -> None:
        """Set the bits after the first context; in place, because a step has only few numbers."""
        count = table_BZ.shape[1]
        rows_B1 = np.arange(len(table_BZ))[:, None] * count
        # the table of next contexts has two entries per context, for a zero and for a one that
        # follows; either moves all bits down a place, and the new bit enters at the top
        zero_BZ = rows_B1 + np.arange(count) // 2
        after = 2 * np.stack([zero_BZ, zero_BZ + count // 2], -1).ravel()
        odds = table_BZ.repeat(2)
        places_B = 2 * (rows_B1[:, 0] + self._contexts(bits_TB, self.context))
        odds_B, ones_TB = np.empty(len(table_BZ)), np.empty(bits_TB[self.context :].shape, bool)
        for chance_B, one_B in zip(chance_TB[self.context :], ones_TB, strict=True):
            # no index needs clipping, but without "clip" numpy would copy through a buffer
            odds.take(places_B, out=odds_B, mode="clip")
            np.less(chance_B, odds_B, out=one_B)
            np.add(places_B, one_B, out=places_B)
            after.take(places_B, out=places_B, mode="clip")
        bits_TB[self.context :] = ones_TB

    def _contexts(self, bits_TB: np.ndarray, t: int) -> np.ndarray:
        """The `context` bits before step t, read as a number."""
        places = 2 ** np.arange(self.context)
        return (places @ bits_TB[t - self.context : t]).astype(int)
