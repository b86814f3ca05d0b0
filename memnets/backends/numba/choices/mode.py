"""The most probable slot, as discrete estimators choose it in evaluation."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....estimators.choices import TIE
from ..compiler.jit import exact, kernel
from .base import Choice, no_gradient, one_hot

_BOUND = np.float32(1 - TIE)


@exact
def likeliest(weighting_N: Any, missing: Any) -> int:
    """The first of those that tie for the largest; the number of slots stands for the no-op."""
    slots = weighting_N.shape[0]
    if missing != missing:
        return 0
    largest = missing
    for n in range(slots):
        largest = max(largest, weighting_N[n])
    bound = largest * _BOUND
    for n in range(slots):
        if weighting_N[n] >= bound:
            return n
    return slots


@kernel
def mode(weighting_N: Any, missing: Any, draws_U: Any, weights_N: Any) -> int:
    """The most probable slot."""
    return one_hot(likeliest(weighting_N, missing), weighting_N.shape[0], weights_N)


MODE = Choice(mode, no_gradient)
"""In a dense address, which passes no gradient on."""
SPARSE_MODE = Choice(mode, no_gradient, is_sparse=True)
"""In a sparse address, whose log-probability passes one on."""
