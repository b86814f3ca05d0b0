"""Repeat copy: write the input tape forwards, backwards and forwards (gym's RepeatCopy-v0)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...tasks.base import check_whole
from ..base import TapeTask, Target, copied, places, tapes


@tapes.register("repeat_copy")
@dataclass(frozen=True, kw_only=True)
class RepeatCopy(TapeTask):
    """Write what stands on the input tape, then the same backwards, then once more forwards."""

    base: int = 5
    min_length: int = 2

    promotion_after = 50
    promotion_shortfall = 0.1

    def __post_init__(self) -> None:
        check_whole(self, base=2, min_length=1)

    def draw(self, rng: np.random.Generator, lengths_B: np.ndarray) -> np.ndarray:
        return rng.integers(self.base, size=(len(lengths_B), lengths_B.max(), 1))

    def target(self, inputs_BXY: np.ndarray, lengths_B: np.ndarray) -> Target:
        turn_BT, place_BT = np.divmod(places(3 * lengths_B), lengths_B[:, None])
        source_BT = np.where(turn_BT == 1, lengths_B[:, None] - 1 - place_BT, place_BT)
        return copied(inputs_BXY, source_BT, 3 * lengths_B)
