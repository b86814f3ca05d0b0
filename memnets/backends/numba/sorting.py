"""The order of a stable sort, and a few numbers sorted."""

from __future__ import annotations

from typing import Any

from .compiler.jit import ONE, ZERO, kernel


@kernel
def ascending(values_N: Any, order_N: Any, scratch_N: Any) -> None:
    """The order of a stable sort: how many are less is counted, which vectorises, four at a time.

    `scratch_N` counts those of a rank; both counts are exact in float32.
    """
    slots = values_N.shape[0]
    for i in range(slots):
        # every entry stays a slot, also where something is not a number
        order_N[i], scratch_N[i] = i, ZERO
    whole = slots - slots % 4
    for i in range(0, whole, 4):
        v0, v1, v2, v3 = values_N[i], values_N[i + 1], values_N[i + 2], values_N[i + 3]
        r0, r1, r2, r3 = ZERO, ZERO, ZERO, ZERO
        for j in range(slots):
            value = values_N[j]
            r0 += ONE if value < v0 else ZERO
            r1 += ONE if value < v1 else ZERO
            r2 += ONE if value < v2 else ZERO
            r3 += ONE if value < v3 else ZERO
        _rank(i, r0, order_N, scratch_N)
        _rank(i + 1, r1, order_N, scratch_N)
        _rank(i + 2, r2, order_N, scratch_N)
        _rank(i + 3, r3, order_N, scratch_N)
    for i in range(whole, slots):
        r0 = ZERO
        for j in range(slots):
            r0 += ONE if values_N[j] < values_N[i] else ZERO
        _rank(i, r0, order_N, scratch_N)


@kernel
def _rank(slot: int, rank: Any, order_N: Any, taken_N: Any) -> None:
    """Equal values take the places from their rank on in order of slots."""
    place = int(rank)
    order_N[place + int(taken_N[place])] = slot
    taken_N[place] += ONE


@kernel
def sort_few(values_K: Any) -> None:
    """Puts the lowest first, by insertion."""
    for k in range(1, len(values_K)):
        value, place = values_K[k], k
        while place > 0 and values_K[place - 1] > value:
            values_K[place] = values_K[place - 1]
            place -= 1
        values_K[place] = value
