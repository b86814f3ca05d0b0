"""A drawn slot with a second-order gradient (ReinMax)."""

from __future__ import annotations

from typing import Any

from ..compiler.jit import HALF, ONE, TWO, ZERO, kernel
from ..memory import NOTHING
from .base import FLOOR, Choice, chooses_for, one_hot, uniforms
from .mode import MODE
from .sample import _drawn


@kernel
def reinmax(weighting_N: Any, missing: Any, draws_U: Any, weights_N: Any) -> int:
    """A slot drawn by the uniform in `draws_U`; where a weight is NaN, all are."""
    slot = one_hot(_drawn(weighting_N, missing, draws_U[0]), weighting_N.shape[0], weights_N)
    if missing != missing:
        for n in range(weighting_N.shape[0]):
            weights_N[n] = missing
    return slot


@kernel
def reinmax_vjp(
    weighting_N: Any,
    missing: Any,
    draws_U: Any,
    slot: int,
    grad_weights_N: Any,
    grad_weighting_N: Any,
) -> None:
    """Twice the gradient of a softmax half way to the choice, less half of the weights' own.

    The source is Liu et al., 2023.
    """
    slots = weighting_N.shape[0]
    total, mean = ZERO, ZERO
    for n in range(slots):
        weight = max(HALF * (weighting_N[n] + (ONE if n == slot else ZERO)), FLOOR)
        total += weight
        mean += weight * grad_weights_N[n]
    no_op = max(HALF * (missing + (ONE if slot == NOTHING else ZERO)), FLOOR)
    total += no_op
    mean /= total
    from_no_op = ZERO
    if missing > ZERO:
        from_no_op = -TWO * no_op / total * mean / missing
    for n in range(slots):
        grad = -HALF * grad_weights_N[n] - from_no_op
        if weighting_N[n] >= FLOOR:
            weight = max(HALF * (weighting_N[n] + (ONE if n == slot else ZERO)), FLOOR)
            moved = weight / total * (grad_weights_N[n] - mean)
            grad += TWO * moved / weighting_N[n]
        grad_weighting_N[n] += grad


REINMAX = Choice(reinmax, reinmax_vjp, has_dense_gradient=True, draw=uniforms)


@chooses_for("reinmax")
def _choice(estimator: Any) -> Choice:
    return REINMAX if estimator.training else MODE
