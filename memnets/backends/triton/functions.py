"""Elementary functions of one program's lanes, in Triton: tanh, softplus and softmax.

A lane is an entry of a vector in registers, which is padded to a power of two: a `live` mask says
which lanes are real.
"""

from __future__ import annotations

import triton
import triton.language as tl


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
