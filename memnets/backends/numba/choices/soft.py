"""The weighting itself: every slot is used."""

from __future__ import annotations

from typing import Any

from ..compiler.jit import kernel
from ..memory import DENSE
from .base import Choice, chooses_for


@kernel
def soft(weighting_N: Any, missing: Any, draws_U: Any, weights_N: Any) -> int:
    """The weights are the weighting."""
    for n in range(weighting_N.shape[0]):
        weights_N[n] = weighting_N[n]
    return DENSE


@kernel
def soft_vjp(
    weighting_N: Any,
    missing: Any,
    draws_U: Any,
    slot: int,
    grad_weights_N: Any,
    grad_weighting_N: Any,
) -> None:
    """The weighting's gradient is that of the weights."""
    for n in range(weighting_N.shape[0]):
        grad_weighting_N[n] += grad_weights_N[n]


SOFT = Choice(soft, soft_vjp, one_slot=False)


@chooses_for("soft")
def _choice(estimator: Any) -> Choice:
    return SOFT
