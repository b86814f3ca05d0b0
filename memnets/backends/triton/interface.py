"""The map from the controller's output to the raw interface vector, in Triton."""

from __future__ import annotations

import triton
import triton.language as tl

from .linear import linear


@triton.jit
def interface(
    hidden_ptr, weight_ptr, bias_ptr, raw_ptr, i_I,
    C: tl.constexpr, FACE: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Stores the raw interface vector, of FACE numbers, of a controller's output of C numbers."""
    raw_I = tl.load(bias_ptr + i_I, mask=i_I < FACE, other=0.0)
    raw_I += linear(hidden_ptr, weight_ptr, C, FACE, i_I, i_I < FACE, BLOCK)
    tl.store(raw_ptr + i_I, raw_I, mask=i_I < FACE)
    tl.debug_barrier()


@triton.jit
def interface_vjp(
    grad_raw_ptr, weight_ptr, c_C, C: tl.constexpr, FACE: tl.constexpr, BLOCK: tl.constexpr
):
    """Gradient of the controller's output; here a row of the weights is an output."""
    return linear(grad_raw_ptr, weight_ptr, FACE, C, c_C, c_C < C, BLOCK)
