"""Where an NTM head points, by content and then by location, in Triton, and its VJP."""

from __future__ import annotations

import triton
import triton.language as tl

from ..content import content, content_vjp
from ..functions import softmax, softmax_vjp, softplus
from ..location import interpolate, interpolate_vjp, sharpen, sharpen_vjp, shift, shift_vjp


@triton.jit
def address(
    memory_NW, raw_ptr, before_ptr, content_ptr, head, n_N, w_W,
    N: tl.constexpr, W: tl.constexpr, D: tl.constexpr, DP: tl.constexpr,
    KEY: tl.constexpr, STRENGTH: tl.constexpr, GATE: tl.constexpr, SHIFT: tl.constexpr,
    POWER: tl.constexpr,
):  # fmt: skip
    """The weighting of a head, given the raw interface vector (NTM eqs. 5 to 9).

    Keeps the content weighting at `content_ptr` for the backward pass.
    """
    d_D = tl.arange(0, DP)
    gate = tl.sigmoid(tl.load(raw_ptr + GATE + head))
    raw_D = tl.load(raw_ptr + SHIFT + head * D + d_D, mask=d_D < D, other=0.0)
    power = 1 + softplus(tl.load(raw_ptr + POWER + head))
    content_N = content(
        memory_NW, raw_ptr, KEY + head * W, STRENGTH + head, content_ptr + head * N,
        n_N, w_W, 0, N, W,
    )  # fmt: skip
    before_N = tl.load(before_ptr + head * N + n_N, mask=n_N < N, other=0.0)
    gated_N = interpolate(content_N, before_N, gate)
    shifted_N = shift(gated_N, softmax(raw_D, d_D < D), d_D, n_N, N, D)
    return sharpen(shifted_N, power, n_N < N)


@triton.jit
def address_vjp(
    memory_NW, grad_NW, grad_N, raw_ptr, grad_raw_ptr, before_ptr, content_ptr, after_ptr,
    carry_ptr, head, n_N, w_W,
    N: tl.constexpr, W: tl.constexpr, D: tl.constexpr, DP: tl.constexpr,
    KEY: tl.constexpr, STRENGTH: tl.constexpr, GATE: tl.constexpr, SHIFT: tl.constexpr,
    POWER: tl.constexpr,
):  # fmt: skip
    """Returns `grad_NW` and the memory's gradient together; `grad_N` is the weighting's gradient.

    Stores the gradients of the head's raw parameters at `grad_raw_ptr`, and at `carry_ptr` that of
    its previous weighting.
    """
    live_N, d_D = n_N < N, tl.arange(0, DP)
    gate = tl.sigmoid(tl.load(raw_ptr + GATE + head))
    raw_D = tl.load(raw_ptr + SHIFT + head * D + d_D, mask=d_D < D, other=0.0)
    raw_power = tl.load(raw_ptr + POWER + head)
    shift_D = softmax(raw_D, d_D < D)
    content_ptr += head * N
    content_N = tl.load(content_ptr + n_N, mask=live_N, other=0.0)
    before_N = tl.load(before_ptr + head * N + n_N, mask=live_N, other=0.0)
    after_N = tl.load(after_ptr + head * N + n_N, mask=live_N, other=0.0)
    gated_N = interpolate(content_N, before_N, gate)
    shifted_N = shift(gated_N, shift_D, d_D, n_N, N, D)

    power = 1 + softplus(raw_power)
    grad_shifted_N, grad_power = sharpen_vjp(grad_N, after_N, shifted_N, power, live_N)
    grad_gated_N, grad_D = shift_vjp(grad_shifted_N, gated_N, shift_D, d_D, n_N, N, D)
    grad_content_N, grad_before_N, grad_gate = interpolate_vjp(
        grad_gated_N, content_N, before_N, gate
    )
    tl.store(carry_ptr + head * N + n_N, grad_before_N, mask=live_N)
    tl.store(grad_raw_ptr + GATE + head, grad_gate * gate * (1 - gate))
    grad_raw_D = softmax_vjp(shift_D, grad_D)
    tl.store(grad_raw_ptr + SHIFT + head * D + d_D, grad_raw_D, mask=d_D < D)
    tl.store(grad_raw_ptr + POWER + head, grad_power * tl.sigmoid(raw_power))
    return grad_NW + content_vjp(
        memory_NW, grad_content_N, raw_ptr, grad_raw_ptr, KEY + head * W, STRENGTH + head,
        content_ptr, n_N, w_W, 0, N, W,
    )  # fmt: skip
