"""Square root: that of a binary number, rounded down (Delétang et al. 2023)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...base import tasks
from ...strings import Strings, StringTask
from .binary import to_digits, to_numbers


@tasks.register("square_root")
@dataclass(frozen=True, kw_only=True)
class SquareRoot(StringTask):
    """Give the square root of a binary number, rounded down, both with the highest digit first.

    The number is uniform from 1 to 2^`length` - 1 and shown with `length` digits; the root has half
    as many, rounded up. So 100101 = 37 has the root 6 = 110.
    """

    shown_symbols = 2
    answer_symbols = 2

    def draw(self, rng: np.random.Generator, length: int, batch_size: int) -> Strings:
        shown_TB = rng.integers(2, size=(length, batch_size))
        while (zero_B := ~shown_TB.any(0)).any():
            shown_TB[:, zero_B] = rng.integers(2, size=(length, zero_B.sum()))
        roots = [math.isqrt(number) for number in to_numbers(shown_TB[::-1])]
        return Strings(shown_TB, to_digits(roots, math.ceil(length / 2))[::-1])

    def answered(self, length: int) -> float:
        return float(math.ceil(length / 2))
