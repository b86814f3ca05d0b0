"""What tape tasks on one row of free symbols share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...tasks.checks import check_whole
from ..base import TapeTask


@dataclass(frozen=True, kw_only=True)
class Row(TapeTask):
    """One row of input, each symbol of which is drawn by itself."""

    base: int = 5
    min_length: int = 2

    def __post_init__(self) -> None:
        check_whole(self, base=2, min_length=1)

    def draw(self, rng: np.random.Generator, lengths_B: np.ndarray) -> np.ndarray:
        return rng.integers(self.base, size=(len(lengths_B), lengths_B.max(), 1))
