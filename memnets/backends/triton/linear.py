"""The product of a vector and a matrix of weights, in Triton."""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def linear(x_ptr, weight_ptr, terms, stride, j_J, live_J, BLOCK: tl.constexpr):
    """Σ_k x[k] weight[k, j], BLOCK terms at a time; the weights stream from the cache."""
    dtype = weight_ptr.dtype.element_ty
    sum_KJ = tl.zeros((BLOCK, j_J.shape[0]), dtype=dtype)
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
