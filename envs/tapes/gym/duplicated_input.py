"""Duplicated input: write each symbol of the input tape once (gym's DuplicatedInput-v0)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...tasks.checks import check_whole
from ..base import TapeTask, Target, copied, places, tapes


@tapes.register("duplicated_input")
@dataclass(frozen=True, kw_only=True)
class DuplicatedInput(TapeTask):
    """Every symbol stands `duplication` times in a row on the input tape; write it once.

    A length is rounded down to a multiple of `duplication`, and up to the first one.
    """

    base: int = 5
    duplication: int = 2
    min_length: int = 2

    def __post_init__(self) -> None:
        check_whole(self, base=2, duplication=1, min_length=1)

    def columns(self, lengths_B: np.ndarray) -> np.ndarray:
        return np.maximum(lengths_B // self.duplication, 1) * self.duplication

    def refuses(self, tape_XY: np.ndarray) -> str | None:
        copies = self.duplication
        if len(tape_XY) % copies or (tape_XY != tape_XY[::copies].repeat(copies, 0)).any():
            return f"every symbol {copies} times in a row is needed."
        return None

    def draw(self, rng: np.random.Generator, lengths_B: np.ndarray) -> np.ndarray:
        different = self.columns(lengths_B).max() // self.duplication
        symbols = rng.integers(self.base, size=(len(lengths_B), different, 1))
        return symbols.repeat(self.duplication, axis=1)

    def target(self, inputs_BXY: np.ndarray, lengths_B: np.ndarray) -> Target:
        once_B = lengths_B // self.duplication
        return copied(inputs_BXY, self.duplication * places(once_B), once_B)

    @property
    def memory_symbols(self) -> int:
        """Enough to count the copies of a symbol too."""
        return max(self.base, self.duplication)
