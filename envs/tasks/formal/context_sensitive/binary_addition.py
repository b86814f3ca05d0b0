"""Binary addition: the sum of two numbers (Delétang et al. 2023)."""

from __future__ import annotations

from dataclasses import dataclass

from ...base import tasks
from .binary import TwoNumbers


@tasks.register("binary_addition")
@dataclass(frozen=True, kw_only=True)
class BinaryAddition(TwoNumbers):
    """Add two binary numbers, lowest digit first: 001 + 01101 = 01011, which is 4 + 22 = 26."""

    room = 1

    def result(self, first: int, second: int) -> int:
        return first + second

    def digits(self, first: int, second: int) -> float:
        """The sum, over k from 0 on, of the chance that the sum is at least 2 to the power of k."""
        largest, other = (1 << max(first, second)) - 1, (1 << min(first, second)) - 1
        pairs = largest * other
        below = (_pairs_below(1 << k, largest, other) for k in range(max(first, second) + 1))
        return sum((pairs - fewer) / pairs for fewer in below)


def _pairs_below(limit: int, largest: int, other: int) -> int:
    """How many sums of 1 to `largest` and 1 to `other` are below the limit."""
    top = max(0, min(other, limit - 2))
    # with second numbers up to `whole` every first one will do, with each further one fewer
    whole = max(0, min(top, limit - 1 - largest))
    fewer = (limit - 2 - whole) + (limit - 1 - top)
    return whole * largest + fewer * (top - whole) // 2
