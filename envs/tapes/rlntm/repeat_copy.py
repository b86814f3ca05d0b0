"""The RL-NTM's RepeatCopy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...tasks.checks import check_range, check_whole
from ..base import tapes
from .base import END, RLNTMTape, ended


@tapes.register("rlntm_repeat_copy")
@dataclass(frozen=True, kw_only=True)
class RLNTMRepeatCopy(RLNTMTape):
    """m x1 … xC end → x1 … xC m times and end: the number of copies, 2 or 3, is a symbol too."""

    base: int = 30
    min_repeats: int = 2
    max_repeats: int = 3
    min_length: int = 2

    def __post_init__(self) -> None:
        check_whole(self, min_length=1)
        check_range(self, "min_repeats", "max_repeats", 1)
        check_whole(self, base=self.max_repeats + 1)

    def columns(self, lengths_B: np.ndarray) -> np.ndarray:
        return lengths_B + 2

    def draw(self, rng: np.random.Generator, lengths_B: np.ndarray) -> np.ndarray:
        inputs_BX = np.zeros((len(lengths_B), lengths_B.max() + 2), np.int64)
        repeats = (self.min_repeats, self.max_repeats + 1)
        inputs_BX[:, 0] = rng.integers(*repeats, size=len(lengths_B))
        inputs_BX[:, 1:-1] = rng.integers(1, self.base, size=(len(lengths_B), lengths_B.max()))
        return ended(inputs_BX, lengths_B + 1)

    def refuses(self, tape_XY: np.ndarray) -> str | None:
        if len(tape_XY) < 3 or not self.min_repeats <= tape_XY[0, 0] <= self.max_repeats:
            return (
                f"a number of copies from {self.min_repeats} to {self.max_repeats}, one or more "
                f"symbols and then the end symbol, {END}, are needed."
            )
        return super().refuses(tape_XY)

    def target_lengths(self, inputs_BX: np.ndarray, lengths_B: np.ndarray) -> np.ndarray:
        return inputs_BX[:, 0] * (lengths_B - 2) + 1

    def sources(self, place_1T: np.ndarray, symbols_B1: np.ndarray) -> np.ndarray:
        return 1 + place_1T % (symbols_B1 - 1)

    @property
    def memory_symbols(self) -> int:
        """Enough to know the copies that are missing on the way forth, back and to the start."""
        return max(self.base, 3 * self.max_repeats - 2)
