"""The RL-NTM's DuplicatedInput."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...tasks.checks import check_whole
from ..base import tapes
from .base import RLNTMTape, ended


@tapes.register("rlntm_duplicated_input")
@dataclass(frozen=True, kw_only=True)
class RLNTMDuplicatedInput(RLNTMTape):
    """x1 x1 x1 … xC xC xC end → x1 … xC end: every symbol stands there three times.

    A length counts the different symbols.
    """

    base: int = 30
    copies: int = 3
    min_length: int = 2

    def __post_init__(self) -> None:
        check_whole(self, base=2, copies=1, min_length=1)

    def columns(self, lengths_B: np.ndarray) -> np.ndarray:
        return lengths_B * self.copies + 1

    def draw(self, rng: np.random.Generator, lengths_B: np.ndarray) -> np.ndarray:
        once_BX = rng.integers(1, self.base, size=(len(lengths_B), lengths_B.max()))
        inputs_BX = np.zeros((len(lengths_B), lengths_B.max() * self.copies + 1), np.int64)
        inputs_BX[:, :-1] = once_BX.repeat(self.copies, 1)
        return ended(inputs_BX, lengths_B * self.copies)

    def refuses(self, tape_XY: np.ndarray) -> str | None:
        symbols_XY = tape_XY[:-1]
        once_XY = symbols_XY[:: self.copies].repeat(self.copies, 0)
        if len(once_XY) != len(symbols_XY) or (once_XY != symbols_XY).any():
            return f"every symbol {self.copies} times in a row is needed, then the end symbol."
        return super().refuses(tape_XY)

    def target_lengths(self, inputs_BX: np.ndarray, lengths_B: np.ndarray) -> np.ndarray:
        return (lengths_B - 1) // self.copies + 1

    def sources(self, place_1T: np.ndarray, symbols_B1: np.ndarray) -> np.ndarray:
        return place_1T * self.copies

    @property
    def memory_symbols(self) -> int:
        """Enough to count the copies of a symbol too."""
        return max(self.base, self.copies)
