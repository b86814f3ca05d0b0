"""What the persistent kernels of all cells do alike: lanes, and the ends of a backward pass.

A persistent kernel runs one program per sample through all steps. Vectors and the memory lie in
registers, padded to powers of two; dead lanes, those beyond the real size, hold zeros. What another
lane must see (a hidden vector before it is multiplied, say) goes through global memory and a
barrier; it stays in the cache. Everything is computed in the type of the inputs.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def slots_and_width(N: tl.constexpr, W: tl.constexpr, NP: tl.constexpr, WP: tl.constexpr):
    """Indices of slots and width, padded to NP and WP; places in a memory, and which are real."""
    n_N, w_W = tl.arange(0, NP), tl.arange(0, WP)
    at_NW = n_N[:, None] * W + w_W[None, :]
    return n_N, w_W, at_NW, (n_N < N)[:, None] & (w_W < W)[None, :]


@triton.jit
def stretch(number, steps, batch, every):
    """First step, number of steps and row of the saved memory of a stretch between two of them.

    Stretches are counted from the end of the sequence; the rows of sample 0 are given.
    """
    first = ((steps - 1) // every - number) * every
    return first, tl.minimum(every, steps - first), (first // every) * batch


@triton.jit
def load_last(
    end_ptr, grad_end_ptr, grad_cells_ptr, b, at_NW, live_NW, c_C,
    N: tl.constexpr, W: tl.constexpr, C: tl.constexpr, LSTM: tl.constexpr, OP: tl.constexpr,
):  # fmt: skip
    """What a backward pass begins with: the last memory, and the gradients of the last state.

    They are those of the memory, of the LSTM's cell, of the hidden vector and of the read; the last
    two are zero.
    """
    memory_NW = tl.load(end_ptr + b * N * W + at_NW, mask=live_NW, other=0.0)
    grad_NW = tl.load(grad_end_ptr + b * N * W + at_NW, mask=live_NW, other=0.0)
    dtype = end_ptr.dtype.element_ty
    grad_cell_C = tl.zeros((c_C.shape[0],), dtype=dtype)
    if LSTM:
        grad_cell_C = tl.load(grad_cells_ptr + b * C + c_C, mask=c_C < C, other=0.0)
    return memory_NW, grad_NW, grad_cell_C, tl.zeros_like(grad_cell_C), tl.zeros((OP,), dtype=dtype)


@triton.jit
def store_first(
    grad_NW, grad_cell_C, carry_C, carry_O,
    grad_end_ptr, grad_cells_ptr, carry_hidden_ptr, carry_read_ptr, b, at_NW, live_NW, c_C, o_O,
    N: tl.constexpr, W: tl.constexpr, C: tl.constexpr, READ: tl.constexpr, LSTM: tl.constexpr,
):  # fmt: skip
    """Stores the gradients of the first state: of memory, cell, hidden vector and read."""
    tl.store(grad_end_ptr + b * N * W + at_NW, grad_NW, mask=live_NW)
    tl.store(carry_read_ptr + b * READ + o_O, carry_O, mask=o_O < READ)
    if LSTM:
        tl.store(carry_hidden_ptr + b * C + c_C, carry_C, mask=c_C < C)
        tl.store(grad_cells_ptr + b * C + c_C, grad_cell_C, mask=c_C < C)


@triton.jit
def weights_gradient(grad_weights_ptr, carry_ptr, head, n_N, N: tl.constexpr):
    """Gradient of a head's weighting: from outside, and from the step after (`carry`)."""
    live_N = n_N < N
    grad_N = tl.load(grad_weights_ptr + head * N + n_N, mask=live_N, other=0.0)
    return grad_N + tl.load(carry_ptr + head * N + n_N, mask=live_N, other=0.0)
