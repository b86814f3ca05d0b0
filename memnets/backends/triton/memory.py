"""What heads do to the contents of memory: read, erase and add (NTM eqs. 2 to 4), in Triton."""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def read(memory_NW, weights_N):
    """Weighted sum of slots (NTM eq. 2)."""
    return tl.sum(weights_N[:, None] * memory_NW, 0)


@triton.jit
def read_vjp(memory_NW, weights_N, grad_W):
    """Gradients of the memory and of the weighting."""
    return weights_N[:, None] * grad_W[None, :], tl.sum(memory_NW * grad_W[None, :], 1)


@triton.jit
def erase_and_add(
    memory_NW, raw_ptr, weights_ptr, n_N, w_W,
    N: tl.constexpr, W: tl.constexpr, P: tl.constexpr, ERASE: tl.constexpr, ADD: tl.constexpr,
):  # fmt: skip
    """The memory after all P write heads: erasures multiply, additions sum (NTM eqs. 3 and 4).

    Erase and add vectors begin at ERASE and ADD in the raw interface vector.
    """
    added_NW = tl.zeros_like(memory_NW)
    for p in range(P):
        weights_N = tl.load(weights_ptr + p * N + n_N, mask=n_N < N, other=0.0)
        added_NW += weights_N[:, None] * _add(raw_ptr, p, w_W, W, ADD)[None, :]
    return _after_erase(memory_NW, raw_ptr, weights_ptr, -1, n_N, w_W, N, W, P, ERASE) + added_NW


@triton.jit
def erase_and_add_vjp_of_memory(
    grad_NW, raw_ptr, weights_ptr, n_N, w_W,
    N: tl.constexpr, W: tl.constexpr, P: tl.constexpr, ERASE: tl.constexpr,
):  # fmt: skip
    """Gradient of the memory before the write, from that of the memory after it."""
    return _after_erase(grad_NW, raw_ptr, weights_ptr, -1, n_N, w_W, N, W, P, ERASE)


@triton.jit
def erase_and_add_vjp_of_head(
    memory_NW, grad_NW, raw_ptr, grad_raw_ptr, weights_ptr, p, n_N, w_W,
    N: tl.constexpr, W: tl.constexpr, P: tl.constexpr, ERASE: tl.constexpr, ADD: tl.constexpr,
):  # fmt: skip
    """Returns the gradient of head p's weighting; stores those of its erase and add vectors.

    `memory_NW` is the memory before the write, `grad_NW` the gradient of the memory after it.
    """
    weights_N = tl.load(weights_ptr + p * N + n_N, mask=n_N < N, other=0.0)
    erase_W, add_W = _erase(raw_ptr, p, w_W, W, ERASE), _add(raw_ptr, p, w_W, W, ADD)
    grad_erased_NW = _after_erase(
        -grad_NW * memory_NW, raw_ptr, weights_ptr, p, n_N, w_W, N, W, P, ERASE
    )
    grad_erase_W = tl.sum(grad_erased_NW * weights_N[:, None], 0) * erase_W * (1 - erase_W)
    grad_add_W = tl.sum(grad_NW * weights_N[:, None], 0)
    tl.store(grad_raw_ptr + ERASE + p * W + w_W, grad_erase_W, mask=w_W < W)
    tl.store(grad_raw_ptr + ADD + p * W + w_W, grad_add_W, mask=w_W < W)
    return tl.sum(grad_erased_NW * erase_W[None, :] + grad_NW * add_W[None, :], 1)


@triton.jit
def _after_erase(
    memory_NW, raw_ptr, weights_ptr, but, n_N, w_W,
    N: tl.constexpr, W: tl.constexpr, P: tl.constexpr, ERASE: tl.constexpr,
):  # fmt: skip
    """What all write heads but head `but` leave of the memory when they erase; -1: all heads."""
    for p in range(P):
        if p != but:
            weights_N = tl.load(weights_ptr + p * N + n_N, mask=n_N < N, other=0.0)
            erase_W = _erase(raw_ptr, p, w_W, W, ERASE)
            memory_NW *= 1 - weights_N[:, None] * erase_W[None, :]
    return memory_NW


@triton.jit
def _erase(raw_ptr, p, w_W, W: tl.constexpr, ERASE: tl.constexpr):
    """The erase vector of write head p, in (0, 1); zero on dead lanes."""
    raw_W = tl.load(raw_ptr + ERASE + p * W + w_W, mask=w_W < W, other=0.0)
    return tl.where(w_W < W, tl.sigmoid(raw_W), 0.0)


@triton.jit
def _add(raw_ptr, p, w_W, W: tl.constexpr, ADD: tl.constexpr):
    """The add vector of write head p; zero on dead lanes."""
    return tl.load(raw_ptr + ADD + p * W + w_W, mask=w_W < W, other=0.0)
