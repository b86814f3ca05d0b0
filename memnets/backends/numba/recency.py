"""Scores lowered where a head looked lately (D-NTM).

M counts the rows that are scored: the slots and, where there is one, the no-op.
"""

from __future__ import annotations

from typing import Any

from .compiler.jit import ONE, ZERO, exp, kernel


@kernel
def recency(
    cosine_BHM: Any, strength_BH: Any, recent_BHM: Any, gate_BH: Any, weighting_BHM: Any
) -> None:
    """Softmax of strength times cosine, lowered where the head looked lately (D-NTM: LRU)."""
    batch, heads, rows = cosine_BHM.shape
    for b in range(batch):
        for h in range(heads):
            strength, gate = strength_BH[b, h], gate_BH[b, h]
            for m in range(rows):
                score = strength * cosine_BHM[b, h, m] - gate * recent_BHM[b, h, m]
                weighting_BHM[b, h, m] = score
            top = weighting_BHM[b, h, 0]
            for m in range(1, rows):
                top = max(top, weighting_BHM[b, h, m])
            for m in range(rows):
                weighting_BHM[b, h, m] = exp(weighting_BHM[b, h, m] - top)
            total = ZERO
            for m in range(rows):
                total += weighting_BHM[b, h, m]
            inverse = ONE / total
            for m in range(rows):
                weighting_BHM[b, h, m] *= inverse


@kernel
def recency_vjp(
    cosine_BHM: Any,
    strength_BH: Any,
    recent_BHM: Any,
    gate_BH: Any,
    weighting_BHM: Any,
    grad_weighting_BHM: Any,
    grad_cosine_BHM: Any,
    grad_strength_BH: Any,
    grad_recent_BHM: Any,
    grad_gate_BH: Any,
) -> None:
    """The gradients of cosine, strength, what is recent, and gate."""
    batch, heads, rows = cosine_BHM.shape
    for b in range(batch):
        for h in range(heads):
            mean = ZERO
            for m in range(rows):
                mean += weighting_BHM[b, h, m] * grad_weighting_BHM[b, h, m]
            strength, gate = strength_BH[b, h], gate_BH[b, h]
            to_strength, to_gate = ZERO, ZERO
            for m in range(rows):
                grad = weighting_BHM[b, h, m] * (grad_weighting_BHM[b, h, m] - mean)
                grad_cosine_BHM[b, h, m] += strength * grad
                grad_recent_BHM[b, h, m] -= gate * grad
                to_strength += grad * cosine_BHM[b, h, m]
                to_gate += grad * recent_BHM[b, h, m]
            grad_strength_BH[b, h] += to_strength
            grad_gate_BH[b, h] -= to_gate


@kernel
def recent(
    recent_BHM: Any,
    cosine_BHM: Any,
    strength_BH: Any,
    decay: Any,
    of_score: bool,
    after_BHM: Any,
) -> None:
    """Moving average of a head's scores, or of its cosines, without a gradient (D-NTM: v)."""
    batch, heads, rows = cosine_BHM.shape
    for b in range(batch):
        for h in range(heads):
            fresh = ONE - decay
            if of_score:
                fresh *= strength_BH[b, h]
            for m in range(rows):
                after_BHM[b, h, m] = decay * recent_BHM[b, h, m] + fresh * cosine_BHM[b, h, m]


@kernel
def recent_vjp(decay: Any, grad_recent_BHM: Any) -> None:
    """The gradient of the average goes in as after the step and comes out as before it."""
    batch, heads, rows = grad_recent_BHM.shape
    for b in range(batch):
        for h in range(heads):
            for m in range(rows):
                grad_recent_BHM[b, h, m] *= decay
