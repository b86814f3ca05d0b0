"""The NTM's forward pass over a whole sequence as one persistent Triton kernel."""

from __future__ import annotations

import triton
import triton.language as tl

from .controller import control
from .location import address
from .pieces import written


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
    ERASE: tl.constexpr = H * (W + 3 + S)
    FACE: tl.constexpr = ERASE + 2 * P * W
    b = tl.program_id(0).to(tl.int64)
    n_N, w_W, c_C, i_I = tl.arange(0, NP), tl.arange(0, WP), tl.arange(0, CP), tl.arange(0, IP)
    at_NW = n_N[:, None] * W + w_W[None, :]
    live_NW = (n_N < N)[:, None] & (w_W < W)[None, :]
    memory_NW = tl.load(start_ptr + b * N * W + at_NW, mask=live_NW, other=0.0)
    for t in range(steps):
        row = t * batch + b
        after = row + batch
        if t % every == 0:
            kept = (t // every) * batch + b
            tl.store(saved_ptr + kept * N * W + at_NW, memory_NW, mask=live_NW)
        control(
            drive_ptr, weight_read_ptr, weight_hidden_ptr, face_ptr, face_bias_ptr,
            hidden_ptr, cells_ptr, gates_ptr, raw_ptr, reads_ptr, row, after, c_C, i_I,
            R, C, FACE, LSTM, BLOCK_C, BLOCK_I,
        )  # fmt: skip

        raw = raw_ptr + row * FACE
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
