"""One step of a controller, LSTM or feed-forward, in Triton, and its VJP.

`drive` is the inputs' part of the pre-activations, biases included, which torch has computed for
all steps. Row `row` of a tensor belongs to the step, row `after` is the row of the next step.
"""

from __future__ import annotations

import triton
import triton.language as tl

from .functions import tanh
from .linear import linear


@triton.jit
def controller(
    drive_ptr, weight_read_ptr, weight_hidden_ptr, hidden_ptr, cells_ptr, gates_ptr, reads_ptr,
    row, after, c_C,
    READ: tl.constexpr, C: tl.constexpr, LSTM: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Stores hidden vector and cell at row `after`; READ is the length of what was read."""
    if LSTM:
        lstm(
            drive_ptr, weight_read_ptr, weight_hidden_ptr, hidden_ptr, cells_ptr, gates_ptr,
            reads_ptr, row, after, c_C, READ, C, BLOCK,
        )  # fmt: skip
    else:
        feedforward(
            drive_ptr, weight_read_ptr, hidden_ptr, reads_ptr, row, after, c_C, READ, C, BLOCK
        )
    tl.debug_barrier()


@triton.jit
def controller_vjp(
    carry_C, grad_cell_C, weight_read_ptr, weight_hidden_ptr, hidden_ptr, cells_ptr, gates_ptr,
    grad_drive_ptr, row, after, c_C, o_O,
    READ: tl.constexpr, C: tl.constexpr, LSTM: tl.constexpr,
    BLOCK_C: tl.constexpr, BLOCK_O: tl.constexpr,
):  # fmt: skip
    """Gradients of hidden vector, cell and read before the step, from those after it.

    Stores the gradient of the pre-activations at `grad_drive_ptr`.
    """
    G: tl.constexpr = 4 * C if LSTM else C
    grads = grad_drive_ptr + row * G
    if LSTM:
        grad_cell_C = lstm_vjp(
            carry_C, grad_cell_C, gates_ptr + row * G, cells_ptr, grads, row, after, c_C, C
        )
    else:
        feedforward_vjp(carry_C, hidden_ptr, grads, after, c_C, C)
    tl.debug_barrier()
    carry_O = linear(grads, weight_read_ptr, G, READ, o_O, o_O < READ, BLOCK_O)
    carry_C = tl.zeros_like(carry_C)
    if LSTM:
        carry_C = linear(grads, weight_hidden_ptr, G, C, c_C, c_C < C, BLOCK_C)
    return carry_C, grad_cell_C, carry_O


@triton.jit
def feedforward(
    drive_ptr, weight_read_ptr, hidden_ptr, reads_ptr, row, after, c_C,
    READ: tl.constexpr, C: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """One layer with tanh."""
    sum_C = tl.load(drive_ptr + row * C + c_C, mask=c_C < C, other=0.0)
    sum_C += linear(reads_ptr + row * READ, weight_read_ptr, READ, C, c_C, c_C < C, BLOCK)
    tl.store(hidden_ptr + after * C + c_C, tanh(sum_C), mask=c_C < C)


@triton.jit
def feedforward_vjp(grad_C, hidden_ptr, grads, after, c_C, C: tl.constexpr):
    """Stores the gradient of the pre-activations."""
    hidden_C = tl.load(hidden_ptr + after * C + c_C, mask=c_C < C, other=0.0)
    tl.store(grads + c_C, grad_C * (1 - hidden_C * hidden_C), mask=c_C < C)


@triton.jit
def lstm(
    drive_ptr, weight_read_ptr, weight_hidden_ptr, hidden_ptr, cells_ptr, gates_ptr, reads_ptr,
    row, after, c_C, READ: tl.constexpr, C: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Gates in torch's order: input, forget, cell, output; they are kept for the backward pass."""
    live_C = c_C < C
    gates = gates_ptr + row * 4 * C
    for part in range(4):
        g_G = part * C + c_C
        sum_C = tl.load(drive_ptr + row * 4 * C + g_G, mask=live_C, other=0.0)
        sum_C += linear(reads_ptr + row * READ, weight_read_ptr, READ, 4 * C, g_G, live_C, BLOCK)
        sum_C += linear(hidden_ptr + row * C, weight_hidden_ptr, C, 4 * C, g_G, live_C, BLOCK)
        squashed_C = tl.where(part == 2, tanh(sum_C), tl.sigmoid(sum_C))
        tl.store(gates + g_G, squashed_C, mask=live_C)
    tl.debug_barrier()
    i_C, f_C, g_C, o_C = _gates(gates, c_C, C)
    cell_C = tl.load(cells_ptr + row * C + c_C, mask=live_C, other=0.0)
    cell_C = f_C * cell_C + i_C * g_C
    tl.store(cells_ptr + after * C + c_C, cell_C, mask=live_C)
    tl.store(hidden_ptr + after * C + c_C, o_C * tanh(cell_C), mask=live_C)


@triton.jit
def lstm_vjp(grad_C, grad_cell_C, gates, cells_ptr, grads, row, after, c_C, C: tl.constexpr):
    """Stores the gradient of the pre-activations; returns that of the cell before the step."""
    live_C = c_C < C
    i_C, f_C, g_C, o_C = _gates(gates, c_C, C)
    before_C = tl.load(cells_ptr + row * C + c_C, mask=live_C, other=0.0)
    bent_C = tanh(tl.load(cells_ptr + after * C + c_C, mask=live_C, other=0.0))
    grad_cell_C += grad_C * o_C * (1 - bent_C * bent_C)
    tl.store(grads + c_C, grad_cell_C * g_C * i_C * (1 - i_C), mask=live_C)
    tl.store(grads + C + c_C, grad_cell_C * before_C * f_C * (1 - f_C), mask=live_C)
    tl.store(grads + 2 * C + c_C, grad_cell_C * i_C * (1 - g_C * g_C), mask=live_C)
    tl.store(grads + 3 * C + c_C, grad_C * bent_C * o_C * (1 - o_C), mask=live_C)
    return grad_cell_C * f_C


@triton.jit
def _gates(gates, c_C, C: tl.constexpr):
    """The four gates of the LSTM at a step."""
    live_C = c_C < C
    i_C = tl.load(gates + c_C, mask=live_C, other=0.0)
    f_C = tl.load(gates + C + c_C, mask=live_C, other=0.0)
    g_C = tl.load(gates + 2 * C + c_C, mask=live_C, other=0.0)
    o_C = tl.load(gates + 3 * C + c_C, mask=live_C, other=0.0)
    return i_C, f_C, g_C, o_C
