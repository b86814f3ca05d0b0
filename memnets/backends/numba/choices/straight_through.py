"""The most probable slot or a sampled one, with the weighting's gradient."""

from __future__ import annotations

from typing import Any

from ..compiler.jit import kernel
from .base import Choice, chooses_for, one_hot, uniforms
from .mode import likeliest
from .sample import sample
from .soft import soft_vjp


@kernel
def straight_through(weighting_N: Any, missing: Any, draws_U: Any, weights_N: Any) -> int:
    """The most probable slot; weights that are NaN stay so."""
    slot = one_hot(likeliest(weighting_N, missing), weighting_N.shape[0], weights_N)
    _keep_nan(weighting_N, weights_N)
    return slot


@kernel
def _sampled(weighting_N: Any, missing: Any, draws_U: Any, weights_N: Any) -> int:
    """A slot drawn by the uniform in `draws_U`; weights that are NaN stay so."""
    slot = sample(weighting_N, missing, draws_U, weights_N)
    _keep_nan(weighting_N, weights_N)
    return slot


@kernel
def _keep_nan(weighting_N: Any, weights_N: Any) -> None:
    for n in range(weighting_N.shape[0]):
        if weighting_N[n] != weighting_N[n]:
            weights_N[n] = weighting_N[n]


STRAIGHT_THROUGH = Choice(straight_through, soft_vjp, has_dense_gradient=True)
SAMPLED = Choice(_sampled, soft_vjp, has_dense_gradient=True, draw=uniforms)


@chooses_for("straight_through")
def _choice(estimator: Any) -> Choice:
    return SAMPLED if estimator.training and estimator.choice == "sample" else STRAIGHT_THROUGH
