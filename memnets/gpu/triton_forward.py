"""The NTM's forward pass over a whole sequence as one persistent Triton kernel."""

from __future__ import annotations

import triton
import triton.language as tl

from .triton_pieces import address, project, tanh, written


@triton.jit(do_not_specialize=["steps", "batch", "every"])
def forward(
    drive_ptr, weight_read_ptr, weight_hidden_ptr, face_ptr, face_bias_ptr,
    hidden_ptr, cells_ptr, gates_ptr, raw_ptr, content_ptr, weights_ptr, reads_ptr,
    start_ptr, saved_ptr, end_ptr, steps, batch, every,
    N: tl.constexpr, W: tl.constexpr, H: tl.constexpr, P: tl.constexpr, S: tl.constexpr,
    C: tl.constexpr, LSTM: tl.constexpr, READ_FIRST: tl.constexpr,
    NP: tl.constexpr, WP: tl.constexpr, SP: tl.constexpr, CP: tl.constexpr, IP: tl.constexpr,
    RP: tl.constexpr, BLOCK_C: tl.constexpr, BLOCK_I: tl.constexpr, BLOCK_R: tl.constexpr,
):  # fmt: skip
    """Program b runs all steps of sample b; the memory never leaves its registers.

    `hidden`, `cells`, `weights` and `reads` have steps + 1 rows, the first of them the state before
    the first step. `drive` is the inputs' part of the controller's pre-activations, biases
    included. Every `every` steps the memory is saved for the backward pass.
    """
    R: tl.constexpr = (H - P) * W
    J: tl.constexpr = 4 * C if LSTM else C
    ERASE: tl.constexpr = H * (W + 3 + S)
    FACE: tl.constexpr = ERASE + 2 * P * W
    b = tl.program_id(0).to(tl.int64)
    n_N, w_W, c_C, i_I = tl.arange(0, NP), tl.arange(0, WP), tl.arange(0, CP), tl.arange(0, IP)
    live_C = c_C < C
    at_NW = n_N[:, None] * W + w_W[None, :]
    live_NW = (n_N < N)[:, None] & (w_W < W)[None, :]
    memory_NW = tl.load(start_ptr + b * N * W + at_NW, mask=live_NW, other=0.0)
    for t in range(steps):
        row = t * batch + b
        after = row + batch
        if t % every == 0:
            kept = (t // every) * batch + b
            tl.store(saved_ptr + kept * N * W + at_NW, memory_NW, mask=live_NW)

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

        raw = raw_ptr + row * FACE
        raw_I = tl.load(face_bias_ptr + i_I, mask=i_I < FACE, other=0.0)
        raw_I += project(hidden_ptr + after * C, face_ptr, C, FACE, i_I, i_I < FACE, BLOCK_I)
        tl.store(raw + i_I, raw_I, mask=i_I < FACE)
        tl.debug_barrier()

        before, content = weights_ptr + row * H * N, content_ptr + row * H * N
        weights = weights_ptr + after * H * N
        for p in range(P):
            weights_N = address(memory_NW, raw, before, content, p, n_N, w_W, N, W, H, S, SP)
            tl.store(weights + p * N + n_N, weights_N, mask=n_N < N)
        tl.debug_barrier()
        seen_NW = memory_NW
        memory_NW = written(memory_NW, raw, weights, n_N, w_W, N, W, P, ERASE)
        if not READ_FIRST:
            seen_NW = memory_NW
        for r in range(H - P):
            weights_N = address(seen_NW, raw, before, content, P + r, n_N, w_W, N, W, H, S, SP)
            tl.store(weights + (P + r) * N + n_N, weights_N, mask=n_N < N)
            read_W = tl.sum(weights_N[:, None] * seen_NW, 0)
            tl.store(reads_ptr + after * R + r * W + w_W, read_W, mask=w_W < W)
        tl.debug_barrier()
    tl.store(end_ptr + b * N * W + at_NW, memory_NW, mask=live_NW)
