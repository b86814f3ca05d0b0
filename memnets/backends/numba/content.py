"""Where to look by content: the cosine of a key and each slot (NTM eqs. 5 and 6)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...equations.content import COSINE_EPS, ROW_FLOOR
from .compiler.jit import ONE, ZERO, exp, kernel
from .linear import products

_EPS = np.float32(COSINE_EPS)
_FLOOR = np.float32(ROW_FLOOR)


@kernel
def content(
    memory_BWN: Any,
    norm_BN: Any,
    key_BHW: Any,
    strength_BH: Any,
    key_norm_BH: Any,
    cosine_BHN: Any,
    out_BHN: Any,
) -> None:
    """Content weighting: softmax of the strength times the cosine (NTM eq. 5)."""
    cosine_similarity(key_BHW, memory_BWN, norm_BN, key_norm_BH, cosine_BHN)
    _softmax(cosine_BHN, strength_BH, out_BHN)


@kernel
def content_vjp(
    memory_BWN: Any,
    norm_BN: Any,
    key_BHW: Any,
    strength_BH: Any,
    key_norm_BH: Any,
    cosine_BHN: Any,
    out_BHN: Any,
    grad_out_BHN: Any,
    grad_cosine_BHN: Any,
    grad_memory_BWN: Any,
    grad_key_BHW: Any,
    grad_strength_BH: Any,
    scratch_3N: Any,
) -> None:
    """Adds to the gradients of memory, key and strength; `grad_cosine_BHN` is scratch."""
    grad_cosine_BHN.fill(ZERO)
    _softmax_vjp(cosine_BHN, strength_BH, out_BHN, grad_out_BHN, grad_cosine_BHN, grad_strength_BH)
    cosine_similarity_vjp(
        key_BHW, memory_BWN, norm_BN, key_norm_BH, cosine_BHN,
        grad_cosine_BHN, grad_key_BHW, grad_memory_BWN, scratch_3N,
    )  # fmt: skip


@kernel
def cosine_similarity(
    key_BHW: Any, memory_BWN: Any, norm_BN: Any, key_norm_BH: Any, cosine_BHN: Any
) -> None:
    """Cosine of each key and each slot, given the norms of the slots (NTM eq. 6)."""
    batch, heads, width = key_BHW.shape
    slots = memory_BWN.shape[2]
    for b in range(batch):
        for h in range(heads):
            square = ZERO
            for w in range(width):
                square += key_BHW[b, h, w] * key_BHW[b, h, w]
            key_norm_BH[b, h] = math.sqrt(square)
            for n in range(slots):
                cosine_BHN[b, h, n] = ZERO
    products(key_BHW, memory_BWN, cosine_BHN)
    for b in range(batch):
        for h in range(heads):
            length = key_norm_BH[b, h]
            for n in range(slots):
                cosine_BHN[b, h, n] /= length * norm_BN[b, n] + _EPS


@kernel
def cosine_similarity_vjp(
    key_BHW: Any,
    memory_BWN: Any,
    norm_BN: Any,
    key_norm_BH: Any,
    cosine_BHN: Any,
    grad_cosine_BHN: Any,
    grad_key_BHW: Any,
    grad_memory_BWN: Any,
    scratch_3N: Any,
) -> None:
    """Slots no longer than ROW_FLOOR get no gradient, as in the reference.

    `scratch_3N` holds, per slot, the gradient of its product with the key, that of its norm over
    the norm, and the first again where the slot gets a gradient.
    """
    batch, heads, width = key_BHW.shape
    slots = memory_BWN.shape[2]
    for b in range(batch):
        for h in range(heads):
            length = key_norm_BH[b, h]
            grad_length = ZERO
            for n in range(slots):
                norm = norm_BN[b, n]
                inverse = ONE / (length * norm + _EPS)
                product = grad_cosine_BHN[b, h, n] * inverse
                norms_grad = -product * cosine_BHN[b, h, n]
                grad_length += norms_grad * norm
                has_gradient = norm > _FLOOR
                scratch_3N[0, n] = product
                scratch_3N[1, n] = norms_grad * length / norm if has_gradient else ZERO
                scratch_3N[2, n] = product if has_gradient else ZERO
            towards = grad_length / length if length > ZERO else ZERO
            for w in range(width):
                key = key_BHW[b, h, w]
                total = ZERO
                for n in range(slots):
                    content = memory_BWN[b, w, n]
                    total += scratch_3N[0, n] * content
                    grad_memory_BWN[b, w, n] += scratch_3N[2, n] * key + scratch_3N[1, n] * content
                grad_key_BHW[b, h, w] += total + towards * key


@kernel
def _softmax(scores_BHN: Any, strength_BH: Any, out_BHN: Any) -> None:
    """Softmax of strength times score (NTM eq. 5)."""
    batch, heads, slots = scores_BHN.shape
    for b in range(batch):
        for h in range(heads):
            strength = strength_BH[b, h]
            top = strength * scores_BHN[b, h, 0]
            for n in range(1, slots):
                top = max(top, strength * scores_BHN[b, h, n])
            total = ZERO
            for n in range(slots):
                out_BHN[b, h, n] = exp(strength * scores_BHN[b, h, n] - top)
            for n in range(slots):
                total += out_BHN[b, h, n]
            inverse = ONE / total
            for n in range(slots):
                out_BHN[b, h, n] *= inverse


@kernel
def _softmax_vjp(
    scores_BHN: Any,
    strength_BH: Any,
    out_BHN: Any,
    grad_out_BHN: Any,
    grad_scores_BHN: Any,
    grad_strength_BH: Any,
) -> None:
    """The gradients of scores and strength from that of the weighting."""
    batch, heads, slots = scores_BHN.shape
    for b in range(batch):
        for h in range(heads):
            mean = ZERO
            for n in range(slots):
                mean += out_BHN[b, h, n] * grad_out_BHN[b, h, n]
            strength, total = strength_BH[b, h], ZERO
            for n in range(slots):
                grad = out_BHN[b, h, n] * (grad_out_BHN[b, h, n] - mean)
                grad_scores_BHN[b, h, n] += strength * grad
                total += grad * scores_BHN[b, h, n]
            grad_strength_BH[b, h] += total
