"""Priority sort: order random vectors by their priorities (Graves et al. 2014, 4.5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...answers import Bits
from ..base import Batch, Task, answer_order, fair_bits, sources_at, tasks
from ..checks import check_range, check_whole


@tasks.register("priority_sort")
@dataclass(frozen=True, kw_only=True)
class PrioritySort(Task):
    """Return the vectors of highest priority, from the highest down.

    `length` counts the vectors shown, each with a priority from U[-1, 1] on the last channel; the
    best four fifths are asked for in as many silent steps (20 shown, 16 asked). There is no
    delimiter: as long as one length is trained, the time step alone says when to answer.
    """

    width: int = 8
    min_length: int = 20
    max_length: int = 20

    def __post_init__(self) -> None:
        check_whole(self, width=1)
        check_range(self, "min_length", "max_length", self.shortest)

    @property
    def input_size(self) -> int:
        return self.width + 1

    @property
    def answer(self) -> Bits:
        return Bits(self.width)

    @property
    def lengths(self) -> tuple[int, int]:
        return self.min_length, self.max_length

    @property
    def input_range(self) -> tuple[float, float]:
        return -1.0, 1.0

    def sample(self, rng: np.random.Generator, batch_size: int, length: int | None = None) -> Batch:
        length = self.draw_length(rng, length)
        asked = _asked(length)
        vectors = fair_bits(rng, length, batch_size, self.width)
        priority_TB = rng.uniform(-1, 1, (length, batch_size)).astype(np.float32)
        # one order per sequence, from its priorities only, then applied to whole vectors
        order_TB = np.argsort(-priority_TB, axis=0, kind="stable")[:asked]

        inputs_TBX = np.zeros((length + asked, batch_size, self.width + 1), np.float32)
        inputs_TBX[:length, :, :-1] = vectors
        inputs_TBX[:length, :, -1] = priority_TB
        targets_TBY = np.zeros((length + asked, batch_size, self.width), np.float32)
        targets_TBY[length:] = np.take_along_axis(vectors, order_TB[..., None], axis=0)
        mask_TB = np.zeros((length + asked, batch_size), bool)
        mask_TB[length:] = True
        return Batch(inputs_TBX, targets_TBY, mask_TB)

    def sources(self, batch: Batch) -> np.ndarray:
        # the input ends where the answer begins
        steps_T1 = np.arange(len(batch.mask_TB))[:, None]
        shown_TB = steps_T1 < batch.mask_TB.argmax(0)
        priority_TB = np.where(shown_TB, batch.inputs_TBX[..., -1], -np.inf)
        ranked_TB = np.argsort(-priority_TB, axis=0, kind="stable")
        place_TB = answer_order(batch.mask_TB).clip(0)
        return sources_at(batch.mask_TB, np.take_along_axis(ranked_TB, place_TB, 0))

    def chance_bits(self, length: int | None = None) -> float:
        low, high = self.lengths if length is None else (length, length)
        return self.width * float(np.mean([_asked(n) for n in range(low, high + 1)]))


def _asked(length: int) -> int:
    return round(0.8 * length)
