"""The softmax of scores."""

from __future__ import annotations

from typing import Any

from .compiler.jit import ONE, ZERO, exp, kernel


@kernel
def softmax(scores_BN: Any, out_BN: Any) -> None:
    """Scores as a weighting; one score that is NaN makes all weights so."""
    batch, slots = scores_BN.shape
    for b in range(batch):
        top, total = scores_BN[b, 0], ZERO
        for n in range(1, slots):
            top = max(top, scores_BN[b, n])
        for n in range(slots):
            out_BN[b, n] = exp(scores_BN[b, n] - top)
        for n in range(slots):
            total += out_BN[b, n]
        inverse = ONE / total
        for n in range(slots):
            out_BN[b, n] *= inverse


@kernel
def softmax_vjp(out_BN: Any, grad_out_BN: Any, grad_scores_BN: Any) -> None:
    """Sets the gradient of the scores."""
    batch, slots = out_BN.shape
    for b in range(batch):
        mean = ZERO
        for n in range(slots):
            mean += out_BN[b, n] * grad_out_BN[b, n]
        for n in range(slots):
            grad_scores_BN[b, n] = out_BN[b, n] * (grad_out_BN[b, n] - mean)
