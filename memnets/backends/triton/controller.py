"""The controller's step in Triton, from what was read to the raw interface vector; and its VJP."""

from __future__ import annotations

import triton
import triton.language as tl

from .pieces import project, tanh


@triton.jit
def control(
    drive_ptr, weight_read_ptr, weight_hidden_ptr, face_ptr, face_bias_ptr,
    hidden_ptr, cells_ptr, gates_ptr, raw_ptr, reads_ptr, row, after, c_C, i_I,
    R: tl.constexpr, C: tl.constexpr, FACE: tl.constexpr, LSTM: tl.constexpr,
    BLOCK_C: tl.constexpr, BLOCK_I: tl.constexpr,
):  # fmt: skip
    """Leaves hidden vector and cell at row `after` of theirs, the raw interface vector at `row`.

    `drive` is the inputs' part of the pre-activations, biases included; R is the length of what
    was read, FACE that of the interface.
    """
    J: tl.constexpr = 4 * C if LSTM else C
    live_C = c_C < C
    gates = gates_ptr + row * J
    for part in range(J // C):
        j_J = part * C + c_C
        sum_C = tl.load(drive_ptr + row * J + j_J, mask=live_C, other=0.0)
        sum_C += project(reads_ptr + row * R, weight_read_ptr, R, J, j_J, live_C, BLOCK_C)
        if LSTM:
            hidden = hidden_ptr + row * C
            sum_C += project(hidden, weight_hidden_ptr, C, J, j_J, live_C, BLOCK_C)
            squashed_C = tl.where(part == 2, tanh(sum_C), tl.sigmoid(sum_C))
            tl.store(gates + j_J, squashed_C, mask=live_C)
        else:
            tl.store(hidden_ptr + after * C + c_C, tanh(sum_C), mask=live_C)
    if LSTM:
        tl.debug_barrier()
        i_C = tl.load(gates + c_C, mask=live_C, other=0.0)
        f_C = tl.load(gates + C + c_C, mask=live_C, other=0.0)
        g_C = tl.load(gates + 2 * C + c_C, mask=live_C, other=0.0)
        o_C = tl.load(gates + 3 * C + c_C, mask=live_C, other=0.0)
        cell_C = tl.load(cells_ptr + row * C + c_C, mask=live_C, other=0.0)
        cell_C = f_C * cell_C + i_C * g_C
        tl.store(cells_ptr + after * C + c_C, cell_C, mask=live_C)
        tl.store(hidden_ptr + after * C + c_C, o_C * tanh(cell_C), mask=live_C)
    tl.debug_barrier()
    raw_I = tl.load(face_bias_ptr + i_I, mask=i_I < FACE, other=0.0)
    raw_I += project(hidden_ptr + after * C, face_ptr, C, FACE, i_I, i_I < FACE, BLOCK_I)
    tl.store(raw_ptr + row * FACE + i_I, raw_I, mask=i_I < FACE)
    tl.debug_barrier()


@triton.jit
def control_vjp(
    carry_C, grad_cell_C, weight_read_ptr, weight_hidden_ptr, face_ptr,
    hidden_ptr, cells_ptr, gates_ptr, grad_hidden_ptr, grad_drive_ptr, grad_raw_ptr,
    row, after, c_C, r_R,
    R: tl.constexpr, C: tl.constexpr, FACE: tl.constexpr, LSTM: tl.constexpr,
    BLOCK_C: tl.constexpr, BLOCK_R: tl.constexpr,
):  # fmt: skip
    """VJP of `control`: gradients of hidden vector, cell and read before the step.

    Leaves the pre-activations' gradients at `grad_drive_ptr`; those of the raw interface vector
    must be at `grad_raw_ptr`, and `carry_C` and `grad_cell_C` be what comes from the step after.
    """
    J: tl.constexpr = 4 * C if LSTM else C
    live_C = c_C < C
    grads = grad_drive_ptr + row * J
    carry_C += tl.load(grad_hidden_ptr + row * C + c_C, mask=live_C, other=0.0)
    carry_C += project(grad_raw_ptr + row * FACE, face_ptr, FACE, C, c_C, live_C, BLOCK_C)
    if LSTM:
        grad_cell_C = lstm_vjp(
            carry_C, grad_cell_C, gates_ptr + row * J, cells_ptr, grads, row, after, c_C, C
        )
    else:
        hidden_C = tl.load(hidden_ptr + after * C + c_C, mask=live_C, other=0.0)
        tl.store(grads + c_C, carry_C * (1 - hidden_C * hidden_C), mask=live_C)
    tl.debug_barrier()
    carry_R = project(grads, weight_read_ptr, J, R, r_R, r_R < R, BLOCK_R)
    carry_C = tl.zeros_like(carry_C)
    if LSTM:
        carry_C = project(grads, weight_hidden_ptr, J, C, c_C, live_C, BLOCK_C)
    return carry_C, grad_cell_C, carry_R


@triton.jit
def lstm_vjp(grad_C, grad_cell_C, gates, cells_ptr, grads, row, after, c_C, C: tl.constexpr):
    """Stores the pre-activations' gradients; returns that of the cell before the step."""
    live_C = c_C < C
    i_C = tl.load(gates + c_C, mask=live_C, other=0.0)
    f_C = tl.load(gates + C + c_C, mask=live_C, other=0.0)
    g_C = tl.load(gates + 2 * C + c_C, mask=live_C, other=0.0)
    o_C = tl.load(gates + 3 * C + c_C, mask=live_C, other=0.0)
    before_C = tl.load(cells_ptr + row * C + c_C, mask=live_C, other=0.0)
    bent_C = tanh(tl.load(cells_ptr + after * C + c_C, mask=live_C, other=0.0))
    grad_cell_C += grad_C * o_C * (1 - bent_C * bent_C)
    tl.store(grads + c_C, grad_cell_C * g_C * i_C * (1 - i_C), mask=live_C)
    tl.store(grads + C + c_C, grad_cell_C * before_C * f_C * (1 - f_C), mask=live_C)
    tl.store(grads + 2 * C + c_C, grad_cell_C * i_C * (1 - g_C * g_C), mask=live_C)
    tl.store(grads + 3 * C + c_C, grad_C * bent_C * o_C * (1 - o_C), mask=live_C)
    return grad_cell_C * f_C
