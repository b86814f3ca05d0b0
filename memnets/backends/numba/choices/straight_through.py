"""The most probable slot, with the weighting's gradient."""

from __future__ import annotations

from typing import Any

from ..compiler.jit import kernel
from .base import Choice, chooses_for, one_hot
from .mode import likeliest
from .soft import soft_vjp


@kernel
def straight_through(weighting_N: Any, missing: Any, draws_U: Any, weights_N: Any) -> int:
    """The most probable slot; weights that are NaN stay so."""
    slot = one_hot(likeliest(weighting_N, missing), weighting_N.shape[0], weights_N)
    for n in range(weighting_N.shape[0]):
        if weighting_N[n] != weighting_N[n]:
            weights_N[n] = weighting_N[n]
    return slot


STRAIGHT_THROUGH = Choice(straight_through, soft_vjp, has_dense_gradient=True)


@chooses_for("straight_through")
def _choice(estimator: Any) -> Choice:
    return STRAIGHT_THROUGH
