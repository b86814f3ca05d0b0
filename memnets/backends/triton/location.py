"""The NTM's address in Triton, by content and then by location, with its VJP."""

from __future__ import annotations

import triton
import triton.language as tl

from ...equations.location import LOG_FLOOR
from .pieces import look, look_vjp, softmax, softmax_vjp, softplus

FLOOR = tl.constexpr(LOG_FLOOR)


@triton.jit
def rotate(vector_N, by, n_N, N: tl.constexpr, S: tl.constexpr):
    """out[n] = vector[n - by], circular over the N live lanes; |by| <= S // 2."""
    wrap: tl.constexpr = (S // 2 + N - 1) // N * N
    return tl.gather(vector_N, (n_N - by + wrap) % N, 0)


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
    gate = tl.sigmoid(tl.load(raw_ptr + H * (W + 1) + head))
    raw_S = tl.load(raw_ptr + H * (W + 2) + head * S + s_S, mask=s_S < S, other=0.0)
    power = 1 + softplus(tl.load(raw_ptr + H * (W + 2 + S) + head))
    key, strength, content_ptr = head * W, H * W + head, content_ptr + head * N
    content_N = look(memory_NW, raw_ptr, key, strength, content_ptr, n_N, w_W, 0, N, W)
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
    and at `carry_ptr` that of the weighting before.
    """
    live_N, s_S = n_N < N, tl.arange(0, SP)
    gate = tl.sigmoid(tl.load(raw_ptr + H * (W + 1) + head))
    raw_S = tl.load(raw_ptr + H * (W + 2) + head * S + s_S, mask=s_S < S, other=0.0)
    raw_power = tl.load(raw_ptr + H * (W + 2 + S) + head)
    shift_S = softmax(raw_S, s_S < S)
    content_ptr += head * N
    content_N = tl.load(content_ptr + n_N, mask=live_N, other=0.0)
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
    tl.store(grad_raw_ptr + H * (W + 1) + head, grad_gate * gate * (1 - gate))
    grad_raw_S = softmax_vjp(shift_S, grad_S)
    tl.store(grad_raw_ptr + H * (W + 2) + head * S + s_S, grad_raw_S, mask=s_S < S)
    tl.store(grad_raw_ptr + H * (W + 2 + S) + head, grad_power * tl.sigmoid(raw_power))
    return grad_NW + look_vjp(
        memory_NW, gate * grad_gated_N, raw_ptr, grad_raw_ptr, head * W, H * W + head, content_ptr,
        n_N, w_W, 0, N, W,
    )  # fmt: skip
