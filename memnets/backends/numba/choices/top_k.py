"""The most probable slots with their weights, the rest dropped."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....estimators.choices import TIE
from ..compiler.jit import exact, kernel
from ..sorting import sort_few
from .base import Choice, chooses_for, keep, keep_vjp, kept, settings_of_kept

_BOUND = np.float32(1 - TIE)

# `draws_U` says how many slots are kept, and whether they get the mass of all: U = 2 at least


@exact
def largest(weighting_N: Any, missing: Any, slots_K: Any) -> None:
    """Sets the most probable slots, the lowest first; ties as in the reference."""
    count = len(slots_K)
    if missing != missing:
        for k in range(count):
            slots_K[k] = k
        return
    # by their weights at first, with the largest of those that are not among them
    next_largest = np.float32(-1.0)
    for n in range(len(weighting_N)):
        weight, place = weighting_N[n], min(n, count)
        if place == count:
            if not weight > weighting_N[slots_K[count - 1]]:
                next_largest = max(next_largest, weight)
                continue
            next_largest = max(next_largest, weighting_N[slots_K[count - 1]])
            place = count - 1
        while place > 0 and weight > weighting_N[slots_K[place - 1]]:
            slots_K[place] = slots_K[place - 1]
            place -= 1
        slots_K[place] = n
    if next_largest >= weighting_N[slots_K[count - 1]] * _BOUND:
        _first_of_ties(weighting_N, slots_K)
    sort_few(slots_K)


@exact
def _first_of_ties(weighting_N: Any, slots_K: Any) -> None:
    """One after the other, each the first of those that tie with the largest left."""
    left_N = weighting_N.copy()
    slots = len(left_N)
    for k in range(len(slots_K)):
        most = left_N[0]
        for n in range(1, slots):
            most = max(most, left_N[n])
        bound = most * _BOUND
        for n in range(slots):
            if left_N[n] >= bound:
                slots_K[k] = n
                left_N[n] = np.float32(-1.0)
                break


@kernel
def top_k(weighting_N: Any, missing: Any, draws_U: Any, weights_N: Any, slots_K: Any) -> None:
    """The weights of the most probable slots, those of the others zero (SAM)."""
    largest(weighting_N, missing, slots_K)
    keep(weighting_N, draws_U, weights_N, slots_K)


@kernel
def top_k_vjp(
    weighting_N: Any,
    missing: Any,
    draws_U: Any,
    slot: int,
    grad_weights_N: Any,
    grad_weighting_N: Any,
) -> None:
    """The kept slots' weights pass theirs on; where they get all mass, every slot has a part."""
    slots_K = np.empty(int(draws_U[0]), np.int64)
    largest(weighting_N, missing, slots_K)
    keep_vjp(weighting_N, draws_U, slots_K, grad_weights_N, grad_weighting_N)


TOP_K = Choice(top_k, top_k_vjp, one_slot=False, kept=kept, draw=settings_of_kept)


@chooses_for("top_k")
def _choice(estimator: Any) -> Choice:
    return TOP_K
