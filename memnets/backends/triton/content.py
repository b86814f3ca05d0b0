"""Where a head points by content (NTM eqs. 5 and 6; DNC, methods), in Triton."""

from __future__ import annotations

import triton
import triton.language as tl

from ...equations.content import COSINE_EPS, ROW_FLOOR
from .functions import softmax, softmax_vjp, softplus

EPS = tl.constexpr(COSINE_EPS)
FLOOR = tl.constexpr(ROW_FLOOR)


@triton.jit
def cosine_similarity(memory_NW, key_W):
    """Cosine between the key and each slot, with both norms and the denominator (NTM eq. 6)."""
    norm_N = tl.sqrt(tl.sum(memory_NW * memory_NW, 1))
    norm = tl.sqrt(tl.sum(key_W * key_W, 0))
    below_N = norm * norm_N + EPS
    return tl.sum(memory_NW * key_W[None, :], 1) / below_N, norm_N, norm, below_N


@triton.jit
def content(
    memory_NW, raw_ptr, key, strength, content_ptr, n_N, w_W,
    LEAST_STRENGTH: tl.constexpr, N: tl.constexpr, W: tl.constexpr,
):  # fmt: skip
    """Content weighting of a head (NTM eq. 5), kept at `content_ptr` for the backward pass.

    The head's key and its strength begin at `key` and `strength` in the raw interface vector. The
    strength is LEAST_STRENGTH and the softplus of the raw number.
    """
    key_W = tl.load(raw_ptr + key + w_W, mask=w_W < W, other=0.0)
    cosine_N, _, _, _ = cosine_similarity(memory_NW, key_W)
    strength_now = LEAST_STRENGTH + softplus(tl.load(raw_ptr + strength))
    content_N = softmax(strength_now * cosine_N, n_N < N)
    tl.store(content_ptr + n_N, content_N, mask=n_N < N)
    return content_N


@triton.jit
def content_vjp(
    memory_NW, grad_N, raw_ptr, grad_raw_ptr, key, strength, content_ptr, n_N, w_W,
    LEAST_STRENGTH: tl.constexpr, N: tl.constexpr, W: tl.constexpr,
):  # fmt: skip
    """Returns the memory's gradient; stores those of key and strength at `grad_raw_ptr`.

    `grad_N` is the gradient of the content weighting. Slots of norm ROW_FLOOR or less get none.
    """
    key_W = tl.load(raw_ptr + key + w_W, mask=w_W < W, other=0.0)
    raw_strength = tl.load(raw_ptr + strength)
    content_N = tl.load(content_ptr + n_N, mask=n_N < N, other=0.0)
    grad_logit_N = softmax_vjp(content_N, grad_N)
    cosine_N, norm_N, norm, below_N = cosine_similarity(memory_NW, key_W)
    grad_strength = tl.sum(grad_logit_N * cosine_N, 0)
    grad_dot_N = (LEAST_STRENGTH + softplus(raw_strength)) * grad_logit_N / below_N
    grad_below_N = -grad_dot_N * cosine_N
    grad_norm = tl.sum(grad_below_N * norm_N, 0)
    grad_key_W = tl.sum(grad_dot_N[:, None] * memory_NW, 0)
    grad_key_W += key_W * (grad_norm / tl.where(norm > 0, norm, 1.0))
    tl.store(grad_raw_ptr + key + w_W, grad_key_W, mask=w_W < W)
    tl.store(grad_raw_ptr + strength, grad_strength * tl.sigmoid(raw_strength))
    above_N = norm_N > FLOOR
    radial_N = grad_below_N * norm / tl.where(above_N, norm_N, 1.0)
    change_NW = grad_dot_N[:, None] * key_W[None, :] + radial_N[:, None] * memory_NW
    return tl.where(above_N[:, None], change_NW, 0.0)
