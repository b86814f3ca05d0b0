"""Binary multiplication: the product of two numbers (Delétang et al. 2023)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from ...base import tasks
from .binary import TwoNumbers

_COUNTED = 10
"""Factors of more digits carry as often as those of so many, but for less than 0.01."""


@tasks.register("binary_multiplication")
@dataclass(frozen=True, kw_only=True)
class BinaryMultiplication(TwoNumbers):
    """Multiply two binary numbers, lowest digit first: 001 × 01101 = 0001101, as 4 × 22 = 88."""

    room = 0

    def result(self, first: int, second: int) -> int:
        return first * second

    def digits(self, first: int, second: int) -> float:
        """A product has the digits of both factors together, or one less; to within 0.01."""
        ours, theirs = _digits(first), _digits(second)
        full = ours @ np.arange(1, first + 1) + theirs @ np.arange(1, second + 1)
        places = [np.minimum(np.arange(most), _COUNTED - 1) for most in (first, second)]
        return float(full - 1 + ours @ _carries()[np.ix_(*places)] @ theirs)


def _digits(most: int) -> np.ndarray:
    """The chance that a number from 1 to 2^most - 1, uniform, has 1, 2, … digits."""
    return 2.0 ** np.arange(-most, 0) / (1 - 2.0**-most)


@cache
def _carries() -> np.ndarray:
    """At [i - 1, j - 1], the chance that a product of numbers of i and j digits has i + j."""
    numbers = [np.arange(2 ** (i - 1), 2**i) for i in range(1, _COUNTED + 1)]
    return np.array(
        [[(np.outer(n, m) >= n[0] * m[0] * 2).mean() for m in numbers] for n in numbers]
    )
