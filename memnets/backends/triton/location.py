"""Where a head points by location: interpolate, shift and sharpen (NTM eqs. 7 to 9), in Triton."""

from __future__ import annotations

import triton
import triton.language as tl

from ...equations.location import LOG_FLOOR
from .functions import softmax, softmax_vjp

FLOOR = tl.constexpr(LOG_FLOOR)


@triton.jit
def interpolate(content_N, previous_N, gate):
    """Between the content weighting (gate 1) and the previous weighting (gate 0) (NTM eq. 7)."""
    return previous_N + gate * (content_N - previous_N)


@triton.jit
def interpolate_vjp(grad_N, content_N, previous_N, gate):
    """Gradients of the content weighting, of the previous weighting and of the gate."""
    return gate * grad_N, (1 - gate) * grad_N, tl.sum(grad_N * (content_N - previous_N), 0)


@triton.jit
def shift(weighting_N, shift_D, d_D, n_N, N: tl.constexpr, D: tl.constexpr):
    """Circular convolution with a distribution over shifts -(D//2) … D//2 (NTM eq. 8)."""
    shifted_N = tl.zeros_like(weighting_N)
    for d in range(D):
        share = tl.sum(tl.where(d_D == d, shift_D, 0.0), 0)
        shifted_N += share * _rotate(weighting_N, d - D // 2, n_N, N, D)
    return shifted_N


@triton.jit
def shift_vjp(grad_N, weighting_N, shift_D, d_D, n_N, N: tl.constexpr, D: tl.constexpr):
    """Gradients of the weighting and of the distribution over shifts."""
    grad_weighting_N = tl.zeros_like(weighting_N)
    grad_D = tl.zeros_like(shift_D)
    for d in range(D):
        share = tl.sum(tl.where(d_D == d, shift_D, 0.0), 0)
        grad_weighting_N += share * _rotate(grad_N, D // 2 - d, n_N, N, D)
        moved_N = _rotate(weighting_N, d - D // 2, n_N, N, D)
        grad_D = tl.where(d_D == d, tl.sum(grad_N * moved_N, 0), grad_D)
    return tl.where(n_N < N, grad_weighting_N, 0.0), grad_D


@triton.jit
def sharpen(weighting_N, power, live_N):
    """Raise to a power and renormalise (NTM eq. 9), in logarithms so that nothing underflows."""
    return softmax(power * tl.log(weighting_N + FLOOR), live_N)


@triton.jit
def sharpen_vjp(grad_N, value_N, weighting_N, power, live_N):
    """Gradients of the weighting and of the power; `value_N` is what `sharpen` returned."""
    floored_N = weighting_N + FLOOR
    grad_logit_N = softmax_vjp(value_N, grad_N)
    grad_power = tl.sum(tl.where(live_N, grad_logit_N * tl.log(floored_N), 0.0), 0)
    return grad_logit_N * power / floored_N, grad_power


@triton.jit
def _rotate(vector_N, by, n_N, N: tl.constexpr, D: tl.constexpr):
    """out[n] = vector[n - by], circular over the N live lanes; |by| <= D // 2."""
    wrap: tl.constexpr = (D // 2 + N - 1) // N * N
    return tl.gather(vector_N, (n_N - by + wrap) % N, 0)
