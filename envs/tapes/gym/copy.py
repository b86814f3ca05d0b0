"""Copy: write what stands on the input tape (gym's Copy-v0)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...tasks.base import check_whole
from ..base import TapeTask, Target, copied, places, tapes


@tapes.register("copy")
@dataclass(frozen=True, kw_only=True)
class Copy(TapeTask):
    """Write what stands on the input tape, from left to right."""

    base: int = 5
    min_length: int = 2

    def __post_init__(self) -> None:
        check_whole(self, base=2, min_length=1)

    def draw(self, rng: np.random.Generator, lengths_B: np.ndarray) -> np.ndarray:
        return rng.integers(self.base, size=(len(lengths_B), lengths_B.max(), 1))

    def target(self, inputs_BXY: np.ndarray, lengths_B: np.ndarray) -> Target:
        return copied(inputs_BXY, places(lengths_B), lengths_B)
