"""What the persistent Triton kernels are composed of: products, and the NTM's address with its VJP.

One program owns one sample. Vectors and the memory lie in registers, padded to powers of two: a
`live` mask says which lanes are real, and dead lanes hold zeros. What another lane must see (a
hidden vector before it is multiplied, say) goes through global memory and a barrier; it stays in
the cache. Everything computes in the type of its inputs.

Suffixes as everywhere (N slots, W width, S shifts), K and J being rows and columns of a product.
"""

from __future__ import annotations

import triton
import triton.language as tl

from ..addressing import COSINE_EPS, LOG_FLOOR, ROW_FLOOR

EPS = tl.constexpr(COSINE_EPS)
FLOOR = tl.constexpr(LOG_FLOOR)
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
def rotate(vector_N, by, n_N, N: tl.constexpr, S: tl.constexpr):
    """out[n] = vector[n - by], circular over the N live lanes; |by| <= S // 2."""
    wrap: tl.constexpr = (S // 2 + N - 1) // N * N
    return tl.gather(vector_N, (n_N - by + wrap) % N, 0)


@triton.jit
def similarity(memory_NW, key_W):
    """Cosine between the key and each slot, with both norms and the denominator (NTM eq. 6)."""
    norm_N = tl.sqrt(tl.sum(memory_NW * memory_NW, 1))
    norm = tl.sqrt(tl.sum(key_W * key_W, 0))
    below_N = norm * norm_N + EPS
    return tl.sum(memory_NW * key_W[None, :], 1) / below_N, norm_N, norm, below_N


@triton.jit
def location(gated_N, shift_S, s_S, n_N, N: tl.constexpr, S: tl.constexpr):
    """The gated weighting shifted (NTM eq. 8)."""
    shifted_N = tl.zeros_like(gated_N)
    for s in range(S):
        share = tl.sum(tl.where(s_S == s, shift_S, 0.0), 0)
        shifted_N += share * rotate(gated_N, s - S // 2, n_N, N, S)
    return shifted_N


@triton.jit
def address(
    memory_NW, raw_ptr, before_ptr, content_ptr, head, n_N, w_W,
    N: tl.constexpr, W: tl.constexpr, H: tl.constexpr, S: tl.constexpr, SP: tl.constexpr,
):  # fmt: skip
    """Where a head points, given the raw interface vector (NTM eqs. 5 to 9).

    Leaves the content weighting at `content_ptr` for the backward pass.
    """
    live_N, s_S = n_N < N, tl.arange(0, SP)
    key_W = tl.load(raw_ptr + head * W + w_W, mask=w_W < W, other=0.0)
    strength = softplus(tl.load(raw_ptr + H * W + head))
    gate = tl.sigmoid(tl.load(raw_ptr + H * (W + 1) + head))
    raw_S = tl.load(raw_ptr + H * (W + 2) + head * S + s_S, mask=s_S < S, other=0.0)
    power = 1 + softplus(tl.load(raw_ptr + H * (W + 2 + S) + head))
    cosine_N, _, _, _ = similarity(memory_NW, key_W)
    content_N = softmax(strength * cosine_N, live_N)
    tl.store(content_ptr + head * N + n_N, content_N, mask=live_N)
    before_N = tl.load(before_ptr + head * N + n_N, mask=live_N, other=0.0)
    gated_N = before_N + gate * (content_N - before_N)
    shifted_N = location(gated_N, softmax(raw_S, s_S < S), s_S, n_N, N, S)
    return softmax(power * tl.log(shifted_N + FLOOR), live_N)


@triton.jit
def address_vjp(
    memory_NW, grad_NW, grad_N, raw_ptr, grad_raw_ptr, before_ptr, content_ptr, after_ptr,
    carry_ptr, head, n_N, w_W,
    N: tl.constexpr, W: tl.constexpr, H: tl.constexpr, S: tl.constexpr, SP: tl.constexpr,
):  # fmt: skip
    """VJP of `address`: returns the memory's gradient, `grad_NW` and what comes on top of it.

    `grad_N` is the gradient of the weighting. Leaves that of the raw parameters at `grad_raw_ptr`,
    and at `carry_ptr` that of the weighting before. Slots of norm ROW_FLOOR or less get nothing.
    """
    live_N, s_S = n_N < N, tl.arange(0, SP)
    key_W = tl.load(raw_ptr + head * W + w_W, mask=w_W < W, other=0.0)
    raw_strength = tl.load(raw_ptr + H * W + head)
    gate = tl.sigmoid(tl.load(raw_ptr + H * (W + 1) + head))
    raw_S = tl.load(raw_ptr + H * (W + 2) + head * S + s_S, mask=s_S < S, other=0.0)
    raw_power = tl.load(raw_ptr + H * (W + 2 + S) + head)
    shift_S = softmax(raw_S, s_S < S)
    content_N = tl.load(content_ptr + head * N + n_N, mask=live_N, other=0.0)
    before_N = tl.load(before_ptr + head * N + n_N, mask=live_N, other=0.0)
    after_N = tl.load(after_ptr + head * N + n_N, mask=live_N, other=0.0)
    gated_N = before_N + gate * (content_N - before_N)
    floored_N = location(gated_N, shift_S, s_S, n_N, N, S) + FLOOR

    grad_logit_N = softmax_vjp(after_N, grad_N)
    grad_power = tl.sum(tl.where(live_N, grad_logit_N * tl.log(floored_N), 0.0), 0)
    grad_shifted_N = grad_logit_N * (1 + softplus(raw_power)) / floored_N
    grad_gated_N = tl.zeros_like(gated_N)
    grad_S = tl.zeros_like(shift_S)
    for s in range(S):
        share = tl.sum(tl.where(s_S == s, shift_S, 0.0), 0)
        grad_gated_N += share * rotate(grad_shifted_N, S // 2 - s, n_N, N, S)
        moved_N = rotate(gated_N, s - S // 2, n_N, N, S)
        grad_S = tl.where(s_S == s, tl.sum(grad_shifted_N * moved_N, 0), grad_S)
    grad_gated_N = tl.where(live_N, grad_gated_N, 0.0)
    tl.store(carry_ptr + head * N + n_N, (1 - gate) * grad_gated_N, mask=live_N)
    grad_gate = tl.sum(grad_gated_N * (content_N - before_N), 0)

    grad_content_N = softmax_vjp(content_N, gate * grad_gated_N)
    cosine_N, norm_N, norm, below_N = similarity(memory_NW, key_W)
    grad_strength = tl.sum(grad_content_N * cosine_N, 0)
    grad_dot_N = softplus(raw_strength) * grad_content_N / below_N
    grad_below_N = -grad_dot_N * cosine_N
    grad_norm = tl.sum(grad_below_N * norm_N, 0)
    grad_key_W = tl.sum(grad_dot_N[:, None] * memory_NW, 0)
    grad_key_W += key_W * (grad_norm / tl.where(norm > 0, norm, 1.0))
    told_N = norm_N > ROW
    radial_N = grad_below_N * norm / tl.where(told_N, norm_N, 1.0)
    change_NW = grad_dot_N[:, None] * key_W[None, :] + radial_N[:, None] * memory_NW

    tl.store(grad_raw_ptr + head * W + w_W, grad_key_W, mask=w_W < W)
    tl.store(grad_raw_ptr + H * W + head, grad_strength * tl.sigmoid(raw_strength))
    tl.store(grad_raw_ptr + H * (W + 1) + head, grad_gate * gate * (1 - gate))
    grad_raw_S = softmax_vjp(shift_S, grad_S)
    tl.store(grad_raw_ptr + H * (W + 2) + head * S + s_S, grad_raw_S, mask=s_S < S)
    tl.store(grad_raw_ptr + H * (W + 2 + S) + head, grad_power * tl.sigmoid(raw_power))
    return grad_NW + tl.where(told_N[:, None], change_NW, 0.0)


@triton.jit
def written(memory_NW, raw_ptr, weights_ptr, n_N, w_W,
            N: tl.constexpr, W: tl.constexpr, P: tl.constexpr, ERASE: tl.constexpr):  # fmt: skip
    """The memory after all write heads: erasures multiply, additions sum (NTM eqs. 3 and 4).

    ERASE is where the erase vectors begin in the raw interface vector; the add vectors follow.
    """
    kept_NW = tl.zeros_like(memory_NW) + 1
    added_NW = tl.zeros_like(memory_NW)
    for p in range(P):
        weights_N = tl.load(weights_ptr + p * N + n_N, mask=n_N < N, other=0.0)
        erase_W, add_W = pens(raw_ptr, p, w_W, W, P, ERASE)
        kept_NW *= 1 - weights_N[:, None] * erase_W[None, :]
        added_NW += weights_N[:, None] * add_W[None, :]
    return memory_NW * kept_NW + added_NW


@triton.jit
def pens(raw_ptr, p, w_W, W: tl.constexpr, P: tl.constexpr, ERASE: tl.constexpr):
    """What write head p erases, in (0, 1), and adds; zero on dead lanes."""
    live_W = w_W < W
    erase_W = tl.sigmoid(tl.load(raw_ptr + ERASE + p * W + w_W, mask=live_W, other=0.0))
    add_W = tl.load(raw_ptr + ERASE + (P + p) * W + w_W, mask=live_W, other=0.0)
    return tl.where(live_W, erase_W, 0.0), add_W
