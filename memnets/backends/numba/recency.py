"""Scores lowered where a head looked lately (D-NTM).

Where there is a no-op, it has a score as slots have, the last one.
"""

from __future__ import annotations

from typing import Any

from .compiler.jit import ONE, ZERO, exp, kernel


@kernel
def recency(
    cosine_BHN: Any, strength_BH: Any, recent_BHN: Any, gate_BH: Any, weighting_BHN: Any
) -> None:
    """Softmax of strength times cosine, lowered where the head looked lately (D-NTM: LRU)."""
    batch, heads, rows = cosine_BHN.shape
    for b in range(batch):
        for h in range(heads):
            strength, gate = strength_BH[b, h], gate_BH[b, h]
            for n in range(rows):
                score = strength * cosine_BHN[b, h, n] - gate * recent_BHN[b, h, n]
                weighting_BHN[b, h, n] = score
            top = weighting_BHN[b, h, 0]
            for n in range(1, rows):
                top = max(top, weighting_BHN[b, h, n])
            for n in range(rows):
                weighting_BHN[b, h, n] = exp(weighting_BHN[b, h, n] - top)
            total = ZERO
            for n in range(rows):
                total += weighting_BHN[b, h, n]
            inverse = ONE / total
            for n in range(rows):
                weighting_BHN[b, h, n] *= inverse


@kernel
def recency_vjp(
    cosine_BHN: Any,
    strength_BH: Any,
    recent_BHN: Any,
    gate_BH: Any,
    weighting_BHN: Any,
    grad_weighting_BHN: Any,
    grad_cosine_BHN: Any,
    grad_strength_BH: Any,
    grad_recent_BHN: Any,
    grad_gate_BH: Any,
) -> None:
    """The gradients of cosine, strength, what is recent, and gate."""
    batch, heads, rows = cosine_BHN.shape
    for b in range(batch):
        for h in range(heads):
            mean = ZERO
            for n in range(rows):
                mean += weighting_BHN[b, h, n] * grad_weighting_BHN[b, h, n]
            strength, gate = strength_BH[b, h], gate_BH[b, h]
            to_strength, to_gate = ZERO, ZERO
            for n in range(rows):
                grad = weighting_BHN[b, h, n] * (grad_weighting_BHN[b, h, n] - mean)
                grad_cosine_BHN[b, h, n] += strength * grad
                grad_recent_BHN[b, h, n] -= gate * grad
                to_strength += grad * cosine_BHN[b, h, n]
                to_gate += grad * recent_BHN[b, h, n]
            grad_strength_BH[b, h] += to_strength
            grad_gate_BH[b, h] -= to_gate


@kernel
def recent(
    recent_BHN: Any,
    cosine_BHN: Any,
    strength_BH: Any,
    decay: Any,
    of_score: bool,
    after_BHN: Any,
) -> None:
    """Moving average of a head's scores, or of its cosines, without a gradient (D-NTM: v)."""
    batch, heads, rows = cosine_BHN.shape
    for b in range(batch):
        for h in range(heads):
            fresh = ONE - decay
            if of_score:
                fresh *= strength_BH[b, h]
            for n in range(rows):
                after_BHN[b, h, n] = decay * recent_BHN[b, h, n] + fresh * cosine_BHN[b, h, n]


@kernel
def recent_vjp(decay: Any, grad_recent_BHN: Any) -> None:
    """The gradient of the average goes in as after the step and comes out as before it."""
    batch, heads, rows = grad_recent_BHN.shape
    for b in range(batch):
        for h in range(heads):
            for n in range(rows):
                grad_recent_BHN[b, h, n] *= decay
