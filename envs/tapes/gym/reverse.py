"""Reverse: write the input tape backwards (gym's Reverse-v0)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...tasks.base import check_whole
from ..base import TapeTask, Target, copied, places, tapes


@tapes.register("reverse")
@dataclass(frozen=True, kw_only=True)
class Reverse(TapeTask):
    """Write what stands on the input tape, from its last symbol to its first."""

    base: int = 2
    min_length: int = 1

    promotion_after = 50
    promotion_shortfall = 0.1

    def __post_init__(self) -> None:
        check_whole(self, base=2, min_length=1)

    def draw(self, rng: np.random.Generator, lengths_B: np.ndarray) -> np.ndarray:
        return rng.integers(self.base, size=(len(lengths_B), lengths_B.max(), 1))

    def target(self, inputs_BXY: np.ndarray, lengths_B: np.ndarray) -> Target:
        return copied(inputs_BXY, lengths_B[:, None] - 1 - places(lengths_B), lengths_B)
