"""Associative recall: given an item, answer with the next one (Graves et al. 2014, 4.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...answers import Bits
from ..base import Batch, Task, answer_order, fair_bits, sources_at, tasks
from ..checks import check_range, check_whole


@tasks.register("associative_recall")
@dataclass(frozen=True, kw_only=True)
class AssociativeRecall(Task):
    """Given one item of a list, answer with the item that followed it.

    `length` counts the items. Each item is a delimiter and `item_length` random vectors; then the
    query item stands between two query delimiters, and the answer takes `item_length` silent steps:
    T = (length + 2) (item_length + 1). The last two channels are the delimiter and the query
    delimiter. The last item is never the query.

    Items are independent, except that an item equal to the query is drawn again. So a query has one
    answer even where items are small.
    """

    width: int = 6
    item_length: int = 3
    min_length: int = 2
    max_length: int = 6

    shortest: ClassVar[int] = 2
    test_factors: ClassVar[tuple[float, ...]] = (1 / 2, 1, 5 / 3, 5 / 2, 10 / 3)

    def __post_init__(self) -> None:
        check_whole(self, width=1, item_length=1)
        check_range(self, "min_length", "max_length", self.shortest)

    @property
    def input_size(self) -> int:
        return self.width + 2

    @property
    def answer(self) -> Bits:
        return Bits(self.width)

    @property
    def lengths(self) -> tuple[int, int]:
        return self.min_length, self.max_length

    def sample(self, rng: np.random.Generator, batch_size: int, length: int | None = None) -> Batch:
        length = self.draw_length(rng, length)
        width, size = self.width, self.item_length
        items = fair_bits(rng, length, size, batch_size, width)
        query_B = rng.integers(length - 1, size=batch_size)
        query = _pick(items, query_B)
        _redraw_twins(rng, items, query, query_B)

        asked = length * (size + 1)
        start = asked + size + 2
        inputs_TBX = np.zeros((start + size, batch_size, width + 2), np.float32)
        shown = inputs_TBX[:asked].reshape(length, size + 1, batch_size, width + 2)
        shown[:, 0, :, width] = 1
        shown[:, 1:, :, :width] = items
        inputs_TBX[[asked, start - 1], :, width + 1] = 1
        inputs_TBX[asked + 1 : start - 1, :, :width] = query
        targets_TBY = np.zeros((start + size, batch_size, width), np.float32)
        targets_TBY[start:] = _pick(items, query_B + 1)
        mask_TB = np.zeros((start + size, batch_size), bool)
        mask_TB[start:] = True
        return Batch(inputs_TBX, targets_TBY, mask_TB)

    def sources(self, batch: Batch) -> np.ndarray:
        period = self.item_length + 1
        vectors_TBX = batch.inputs_TBX[: len(batch.mask_TB) // period * period, :, : self.width]
        items = vectors_TBX.reshape(-1, period, *vectors_TBX.shape[1:])[:, 1:]
        # counted in items, the query comes after the list, and one item of the list equals it
        length_B = batch.inputs_TBX[..., self.width + 1].argmax(0) // period
        same_ZB = (items == _pick(items, length_B)).all((1, 3))
        first_B = (same_ZB.argmax(0) + 1) * period + 1
        return sources_at(batch.mask_TB, first_B + answer_order(batch.mask_TB))

    def chance_bits(self, length: int | None = None) -> float:
        return float(self.width * self.item_length)


def _pick(items: np.ndarray, index_B: np.ndarray) -> np.ndarray:
    """One item `(item_length, B, width)` of `(length, item_length, B, width)` per sequence."""
    return np.take_along_axis(items, index_B[None, None, :, None], axis=0)[0]


def _redraw_twins(
    rng: np.random.Generator, items: np.ndarray, query: np.ndarray, query_B: np.ndarray
) -> None:
    """Replace, in place, every other item that equals the query."""
    other_ZB = np.arange(len(items))[:, None] != query_B
    while (twins_ZB := (items == query).all((1, 3)) & other_ZB).any():
        position, row = np.nonzero(twins_ZB)
        items[position, :, row] = fair_bits(rng, len(row), items.shape[1], items.shape[3])
