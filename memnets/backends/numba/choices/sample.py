"""A slot that is drawn from the weighting."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compiler.jit import exact, kernel
from .base import Choice, chooses_for, no_gradient, one_hot, uniforms
from .mode import SPARSE_MODE


@exact
def _drawn(weighting_N: Any, missing: Any, uniform: Any) -> int:
    """The slot where the running sum first exceeds the uniform's share of the total.

    The number of slots stands for the no-op.
    """
    slots = weighting_N.shape[0]
    total = np.float64(0.0)
    for n in range(slots):
        total += np.float64(weighting_N[n])
    share = uniform * np.float32(total + np.float64(missing))
    running = np.float64(0.0)
    for n in range(slots):
        running += np.float64(weighting_N[n])
        # NaN ends the search at once, as in the reference
        if not np.float32(running) <= share:
            return n
    return slots


@kernel
def sample(weighting_N: Any, missing: Any, draws_U: Any, weights_N: Any) -> int:
    """A slot drawn by the uniform in `draws_U`."""
    return one_hot(_drawn(weighting_N, missing, draws_U[0]), weighting_N.shape[0], weights_N)


SAMPLE = Choice(sample, no_gradient, is_sparse=True, draw=uniforms)


@chooses_for("reinforce")
def _choice(estimator: Any) -> Choice:
    return SAMPLE if estimator.training else SPARSE_MODE
