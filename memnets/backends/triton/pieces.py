"""What every cell's persistent Triton kernels are composed of: products, content, writing; VJPs.

One program owns one sample. Vectors and the memory lie in registers, padded to powers of two: a
`live` mask says which lanes are real, and dead lanes hold zeros. What another lane must see (a
hidden vector before it is multiplied, say) goes through global memory and a barrier; it stays in
the cache. Everything computes in the type of its inputs.

Suffixes as everywhere (N slots, W width), K and J being rows and columns of a product.
"""

from __future__ import annotations

import triton
import triton.language as tl

from ...equations.content import COSINE_EPS, ROW_FLOOR

EPS = tl.constexpr(COSINE_EPS)
ROW = tl.constexpr(ROW_FLOOR)


@triton.jit
def project(x_ptr, weight_ptr, terms, stride, j_J, live_J, BLOCK: tl.constexpr):
    """Σ_k x[k] weight[k, j], BLOCK terms at a time; the weights stream from the cache."""
    kind = weight_ptr.dtype.element_ty
    sum_KJ = tl.zeros((BLOCK, j_J.shape[0]), dtype=kind)
    for k in range(0, terms, BLOCK):
        k_K = k + tl.arange(0, BLOCK)
        live_K = k_K < terms
        x_K = tl.load(x_ptr + k_K, mask=live_K, other=0.0)
        live_KJ = live_K[:, None] & live_J[None, :]
        weight_KJ = tl.load(
            weight_ptr + k_K[:, None] * stride + j_J[None, :], mask=live_KJ, other=0.0
        )
        sum_KJ += x_K[:, None] * weight_KJ
    return tl.sum(sum_KJ, 0)


@triton.jit
def tanh(x):
    """Hyperbolic tangent."""
    return 2 * tl.sigmoid(2 * x) - 1


@triton.jit
def softplus(x):
    """log(1 + e^x)."""
    return tl.maximum(x, 0.0) + tl.log(1 + tl.exp(-tl.abs(x)))


@triton.jit
def softmax(logits, live):
    """Softmax over the live lanes; dead lanes are zero."""
    logits = tl.where(live, logits, float("-inf"))
    parts = tl.exp(logits - tl.max(logits, 0))
    return parts / tl.sum(parts, 0)


@triton.jit
def softmax_vjp(value, grad):
    """Gradient of the logits; dead lanes are zero because their value is."""
    return value * (grad - tl.sum(value * grad, 0))


@triton.jit
def total(ptr, carry_ptr, head, n_N, N: tl.constexpr):
    """Gradient of a head's weighting from outside and from the step after."""
    live_N = n_N < N
    grad_N = tl.load(ptr + head * N + n_N, mask=live_N, other=0.0)
    return grad_N + tl.load(carry_ptr + head * N + n_N, mask=live_N, other=0.0)


@triton.jit
def similarity(memory_NW, key_W):
    """Cosine between the key and each slot, with both norms and the denominator (NTM eq. 6)."""
    norm_N = tl.sqrt(tl.sum(memory_NW * memory_NW, 1))
    norm = tl.sqrt(tl.sum(key_W * key_W, 0))
    below_N = norm * norm_N + EPS
    return tl.sum(memory_NW * key_W[None, :], 1) / below_N, norm_N, norm, below_N


@triton.jit
def look(
    memory_NW, raw_ptr, key, strength, content_ptr, n_N, w_W,
    LEAST: tl.constexpr, N: tl.constexpr, W: tl.constexpr,
):  # fmt: skip
    """Content weighting of a head (NTM eq. 5), left at `content_ptr` for the backward pass.

    `key` and `strength` are places in the raw interface vector; a strength is LEAST and more.
    """
    key_W = tl.load(raw_ptr + key + w_W, mask=w_W < W, other=0.0)
    cosine_N, _, _, _ = similarity(memory_NW, key_W)
    content_N = softmax((LEAST + softplus(tl.load(raw_ptr + strength))) * cosine_N, n_N < N)
    tl.store(content_ptr + n_N, content_N, mask=n_N < N)
    return content_N


@triton.jit
def look_vjp(
    memory_NW, grad_N, raw_ptr, grad_raw_ptr, key, strength, content_ptr, n_N, w_W,
    LEAST: tl.constexpr, N: tl.constexpr, W: tl.constexpr,
):  # fmt: skip
    """VJP of `look`: returns the memory's gradient, leaves key's and strength's at `grad_raw_ptr`.

    `grad_N` is the content weighting's. Slots of norm ROW_FLOOR or less get nothing.
    """
    key_W = tl.load(raw_ptr + key + w_W, mask=w_W < W, other=0.0)
    raw_strength = tl.load(raw_ptr + strength)
    content_N = tl.load(content_ptr + n_N, mask=n_N < N, other=0.0)
    grad_logit_N = softmax_vjp(content_N, grad_N)
    cosine_N, norm_N, norm, below_N = similarity(memory_NW, key_W)
    grad_strength = tl.sum(grad_logit_N * cosine_N, 0)
    grad_dot_N = (LEAST + softplus(raw_strength)) * grad_logit_N / below_N
    grad_below_N = -grad_dot_N * cosine_N
    grad_norm = tl.sum(grad_below_N * norm_N, 0)
    grad_key_W = tl.sum(grad_dot_N[:, None] * memory_NW, 0)
    grad_key_W += key_W * (grad_norm / tl.where(norm > 0, norm, 1.0))
    tl.store(grad_raw_ptr + key + w_W, grad_key_W, mask=w_W < W)
    tl.store(grad_raw_ptr + strength, grad_strength * tl.sigmoid(raw_strength))
    told_N = norm_N > ROW
    radial_N = grad_below_N * norm / tl.where(told_N, norm_N, 1.0)
    change_NW = grad_dot_N[:, None] * key_W[None, :] + radial_N[:, None] * memory_NW
    return tl.where(told_N[:, None], change_NW, 0.0)


@triton.jit
def written(memory_NW, raw_ptr, weights_ptr, n_N, w_W,
            N: tl.constexpr, W: tl.constexpr, P: tl.constexpr, ERASE: tl.constexpr):  # fmt: skip
    """The memory after all write heads: erasures multiply, additions sum (NTM eqs. 3 and 4).

    ERASE is where the erase vectors begin in the raw interface vector; the add vectors follow.
    """
    added_NW = tl.zeros_like(memory_NW)
    for p in range(P):
        weights_N = tl.load(weights_ptr + p * N + n_N, mask=n_N < N, other=0.0)
        _, add_W = pens(raw_ptr, p, w_W, W, P, ERASE)
        added_NW += weights_N[:, None] * add_W[None, :]
    return spared(memory_NW, raw_ptr, weights_ptr, -1, n_N, w_W, N, W, P, ERASE) + added_NW


@triton.jit
def write_vjp(
    memory_NW, grad_NW, raw_ptr, grad_raw_ptr, weights_ptr, p, n_N, w_W,
    N: tl.constexpr, W: tl.constexpr, P: tl.constexpr, ERASE: tl.constexpr,
):  # fmt: skip
    """VJP of `written` for head p: returns its weighting's gradient, leaves those of its pens.

    `memory_NW` is that before the write; its own gradient is `spared(grad_NW, ..., -1, ...)`.
    """
    weights_N = tl.load(weights_ptr + p * N + n_N, mask=n_N < N, other=0.0)
    erase_W, add_W = pens(raw_ptr, p, w_W, W, P, ERASE)
    taken_NW = spared(
        -grad_NW * memory_NW, raw_ptr, weights_ptr, p, n_N, w_W, N, W, P, ERASE
    )  # fmt: skip
    grad_erase_W = tl.sum(taken_NW * weights_N[:, None], 0) * erase_W * (1 - erase_W)
    grad_add_W = tl.sum(grad_NW * weights_N[:, None], 0)
    tl.store(grad_raw_ptr + ERASE + p * W + w_W, grad_erase_W, mask=w_W < W)
    tl.store(grad_raw_ptr + ERASE + (P + p) * W + w_W, grad_add_W, mask=w_W < W)
    return tl.sum(taken_NW * erase_W[None, :] + grad_NW * add_W[None, :], 1)


@triton.jit
def spared(memory_NW, raw_ptr, weights_ptr, but, n_N, w_W,
           N: tl.constexpr, W: tl.constexpr, P: tl.constexpr, ERASE: tl.constexpr):  # fmt: skip
    """What the erasures of all write heads but one leave; -1 for none."""
    for p in range(P):
        if p != but:
            weights_N = tl.load(weights_ptr + p * N + n_N, mask=n_N < N, other=0.0)
            erase_W, _ = pens(raw_ptr, p, w_W, W, P, ERASE)
            memory_NW *= 1 - weights_N[:, None] * erase_W[None, :]
    return memory_NW


@triton.jit
def pens(raw_ptr, p, w_W, W: tl.constexpr, P: tl.constexpr, ERASE: tl.constexpr):
    """What write head p erases, in (0, 1), and adds; zero on dead lanes."""
    live_W = w_W < W
    erase_W = tl.sigmoid(tl.load(raw_ptr + ERASE + p * W + w_W, mask=live_W, other=0.0))
    add_W = tl.load(raw_ptr + ERASE + (P + p) * W + w_W, mask=live_W, other=0.0)
    return tl.where(live_W, erase_W, 0.0), add_W
