"""Multi-query associative recall: many keys, each asked for once (Arora et al. 2023)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...answers import Symbols
from ..base import Batch, Task, sources_at, tasks
from ..checks import check_flags, check_number, check_range, check_whole, whole


@tasks.register("multi_query_recall")
@dataclass(frozen=True, kw_only=True)
class MultiQueryRecall(Task):
    """Remember pairs of a key and a value, and give each value when its key comes again.

    A sequence of `length` steps begins with the pairs: a key, its value, the next key. Keys are
    distinct symbols from 1 to half the vocabulary less one, values distinct ones from there on.
    Then each key comes again once, and its value is the answer at that very step. This happens at
    every other step after the pairs only: after a gap of g such steps, drawn for one key after the
    other, without replacement, with probability proportional to (g + 1)^(power - 1). So most keys
    come again soon, and some late. All other steps show uniform symbols of the whole vocabulary,
    or with `noise=False` symbol 0.

    Inputs are indices of `symbols` symbols. A length is at least four times the number of pairs; an
    odd one is shown with one step less. Arora et al. (2023, "Zoology") have 8,192 symbols, 64 to
    512 steps and 4 to 64 pairs.
    """

    symbols: int = 8_192
    min_length: int = 64
    max_length: int = 64
    min_pairs: int = 4
    max_pairs: int = 4
    power: float = 0.01
    noise: bool = True

    shortest: ClassVar[int] = 4
    test_factors: ClassVar[tuple[float, ...]] = (1 / 2, 1, 2, 4, 8)

    def __post_init__(self) -> None:
        check_whole(self, symbols=4)
        check_range(self, "min_pairs", "max_pairs", 1)
        check_range(self, "min_length", "max_length", self.shortest)
        self._require_room(self.min_length, self.max_pairs)
        check_number(self, "power", most=30)
        check_flags(self, "noise")

    @property
    def input_size(self) -> int:
        return 1

    @property
    def input_symbols(self) -> int:
        return self.symbols

    @property
    def input_range(self) -> tuple[float, float]:
        return 0.0, self.symbols - 1.0

    @property
    def answer(self) -> Symbols:
        return Symbols(self.symbols)

    @property
    def lengths(self) -> tuple[int, int]:
        return self.min_length, self.max_length

    @property
    def test_lengths(self) -> tuple[int, ...]:
        """Without lengths that have no room for the most pairs."""
        found = super().test_lengths
        return tuple(length for length in found if length >= 4 * self.max_pairs)

    @property
    def difficulty(self) -> Mapping[str, tuple[int, int]]:
        return {"length": self.lengths, "pairs": (self.min_pairs, self.max_pairs)}

    @property
    def test_points(self) -> tuple[tuple[str, int], ...]:
        """Without numbers of pairs for which the longest trained length has no room."""
        most = min(self.max_length // 4, self.symbols // 2 - 1)
        return tuple((name, value) for name, value in super().test_points if value <= most)

    def sample(
        self,
        rng: np.random.Generator,
        batch_size: int,
        length: int | None = None,
        pairs: int | None = None,
    ) -> Batch:
        """As in `Task`; `pairs` is the number of pairs."""
        length = self.draw_length(rng, length)
        if pairs is None:
            pairs = int(rng.integers(self.min_pairs, self.max_pairs, endpoint=True))
        pairs = whole("MultiQueryRecall", "pairs", pairs, 1)
        self._require_room(length, pairs)
        steps, half, rows = length - length % 2, self.symbols // 2, np.arange(batch_size)
        keys_ZB = 1 + _uniform(rng, half - 1, pairs, batch_size)
        values_ZB = half + _uniform(rng, self.symbols - half, pairs, batch_size)
        log_weights_Z = (self.power - 1) * np.log(np.arange(1, steps // 2 - pairs + 1))
        asked_ZB = 2 * (pairs + _weighted(rng, log_weights_Z, pairs, batch_size))

        shape = steps, batch_size, 1
        shown_TBX = rng.integers(self.symbols, size=shape) if self.noise else np.zeros(shape, int)
        shown_TBX[: 2 * pairs : 2, :, 0] = keys_ZB
        shown_TBX[1 : 2 * pairs : 2, :, 0] = values_ZB
        shown_TBX[asked_ZB, rows, 0] = keys_ZB
        targets_TBY, mask_TB = np.zeros(shape, np.int64), np.zeros(shape[:2], bool)
        targets_TBY[asked_ZB, rows, 0] = values_ZB
        mask_TB[asked_ZB, rows] = True
        return Batch(shown_TBX, targets_TBY, mask_TB)

    def chance_bits(self, length: int | None = None) -> float:
        return math.log2(self.symbols) * (self.min_pairs + self.max_pairs) / 2

    def sources(self, batch: Batch) -> np.ndarray:
        shown_TB = batch.inputs_TBX[..., 0]
        step, row = np.nonzero(batch.mask_TB)
        # of the steps with a key's place, the first that shows it has it among the pairs
        first = (shown_TB[::2, row] == shown_TB[step, row]).argmax(0)
        steps_TB = np.full(batch.mask_TB.shape, -1)
        steps_TB[step, row] = 2 * first + 1
        return sources_at(batch.mask_TB, steps_TB)

    def _require_room(self, length: int, pairs: int) -> None:
        if length < 4 * pairs:
            raise ValueError(
                f"MultiQueryRecall: length is {length}; at least {4 * pairs}, four for each of "
                f"{pairs} pairs, is needed."
            )
        if pairs > self.symbols // 2 - 1:
            raise ValueError(
                f"MultiQueryRecall: pairs is {pairs}; at most {self.symbols // 2 - 1}, the keys "
                f"among {self.symbols} symbols, is possible."
            )


def _uniform(rng: np.random.Generator, limit: int, count: int, batch_size: int) -> np.ndarray:
    """Different numbers below the limit, `(count, B)`, in uniform order.

    A number that is taken already gives its place to the largest of those it was drawn from (Floyd;
    Bentley, 1987), so that the cost does not grow with the limit.
    """
    chosen_ZB = np.empty((count, batch_size), np.int64)
    for place, largest in enumerate(range(limit - count, limit)):
        drawn_B = rng.integers(largest, size=batch_size, endpoint=True)
        taken_B = (chosen_ZB[:place] == drawn_B).any(0)
        chosen_ZB[place] = np.where(taken_B, largest, drawn_B)
    return rng.permuted(chosen_ZB, axis=0)


def _weighted(
    rng: np.random.Generator, log_weights_Z: np.ndarray, count: int, batch_size: int
) -> np.ndarray:
    """Indices, `(count, B)`, drawn one after the other without replacement by their weights.

    In falling order, the largest log-weights with Gumbel noise are such a draw (Yellott, 1977).
    """
    noisy_BZ = log_weights_Z + rng.gumbel(size=(batch_size, len(log_weights_Z)))
    return np.argsort(-noisy_BZ, axis=1)[:, :count].T
