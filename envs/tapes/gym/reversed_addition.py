"""Reversed addition: write the sum of the rows, lowest digit first (gym's ReversedAddition-v0)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...tasks.checks import check_whole
from ..base import TapeTask, Target, tapes, up_to


@tapes.register("reversed_addition")
@dataclass(frozen=True, kw_only=True)
class ReversedAddition(TapeTask):
    """Every row of the input is a number, lowest digit first; write the digits of their sum.

    The time limit counts the columns twice and so forgets the last carry, as gym's does. A column
    of three digits takes three steps to read, so with three rows the limit is too short to read
    more than four columns: then the sum has to be guessed in part.
    """

    base: int = 3
    rows: int = 2
    min_length: int = 2

    moves = ("left", "right", "up", "down")
    letters = TapeTask.letters[-10:] + TapeTask.letters[:-10]

    def __post_init__(self) -> None:
        check_whole(self, base=2, rows=1, min_length=1)
        if self.rows > self.base:
            raise ValueError(
                f"ReversedAddition: rows is {self.rows}; at most base, {self.base}, is possible, "
                "else the last carry can have two digits."
            )

    def draw(self, rng: np.random.Generator, lengths_B: np.ndarray) -> np.ndarray:
        return rng.integers(self.base, size=(len(lengths_B), lengths_B.max(), self.rows))

    def target(self, inputs_BXY: np.ndarray, lengths_B: np.ndarray) -> Target:
        count, columns, _ = inputs_BXY.shape
        inside_BX = np.arange(columns + 1) < lengths_B[:, None]
        sums_BX = np.zeros((count, columns + 1), np.int64)
        sums_BX[:, :-1] = inputs_BXY.sum(2) * inside_BX[:, :-1]
        carry_B = np.zeros(count, np.int64)
        for column in range(columns + 1):
            carry_B, sums_BX[:, column] = np.divmod(sums_BX[:, column] + carry_B, self.base)
        last_B = sums_BX[np.arange(count), lengths_B]
        digits_B = lengths_B + (last_B > 0)
        return Target(up_to(sums_BX, digits_B), digits_B)

    def time_limits(self, lengths_B: np.ndarray, target_lengths_B: np.ndarray) -> np.ndarray:
        return 2 * lengths_B + 4

    @property
    def memory_symbols(self) -> int:
        """One for every direction, row and sum so far of a walk up and down the columns."""
        return 2 * sum(self.rows + row * (self.base - 1) for row in range(self.rows))


@tapes.register("reversed_addition3")
def reversed_addition3(*, base: int = 3, min_length: int = 2) -> ReversedAddition:
    """Reversed addition of three rows (gym's ReversedAddition3-v0)."""
    return ReversedAddition(base=base, rows=3, min_length=min_length)
