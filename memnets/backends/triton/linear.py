"""The product of a vector and a matrix of weights, in Triton."""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def linear(x_ptr, weight_ptr, terms, stride, j_J, live_J, BLOCK: tl.constexpr):
    """Σ_z x[z] weight[z, j], BLOCK terms at a time; the weights stream from the cache."""
    dtype = weight_ptr.dtype.element_ty
    sum_ZJ = tl.zeros((BLOCK, j_J.shape[0]), dtype=dtype)
    for z in range(0, terms, BLOCK):
        z_Z = z + tl.arange(0, BLOCK)
        live_Z = z_Z < terms
        x_Z = tl.load(x_ptr + z_Z, mask=live_Z, other=0.0)
        live_ZJ = live_Z[:, None] & live_J[None, :]
        weight_ZJ = tl.load(
            weight_ptr + z_Z[:, None] * stride + j_J[None, :], mask=live_ZJ, other=0.0
        )
        sum_ZJ += x_Z[:, None] * weight_ZJ
    return tl.sum(sum_ZJ, 0)
