"""The NTM's forward pass over a whole sequence as one persistent Triton kernel."""

from __future__ import annotations

import triton
import triton.language as tl

from ..controllers import controller
from ..interface import interface
from ..memory import erase_and_add, read
from ..persistent import slots_and_width
from .ntm_heads import address


@triton.jit(do_not_specialize=["steps", "batch", "every"])
def forward(
    drive_ptr, weight_read_ptr, weight_hidden_ptr, face_ptr, face_bias_ptr,
    hidden_ptr, cells_ptr, gates_ptr, raw_ptr, content_ptr, weights_ptr, reads_ptr,
    start_ptr, saved_ptr, end_ptr, steps, batch, every,
    N: tl.constexpr, W: tl.constexpr, H: tl.constexpr, P: tl.constexpr, D: tl.constexpr,
    C: tl.constexpr, LSTM: tl.constexpr, READ_FIRST: tl.constexpr,
    KEY: tl.constexpr, STRENGTH: tl.constexpr, GATE: tl.constexpr, SHIFT: tl.constexpr,
    POWER: tl.constexpr, ERASE: tl.constexpr, ADD: tl.constexpr, FACE: tl.constexpr,
    NP: tl.constexpr, WP: tl.constexpr, DP: tl.constexpr, CP: tl.constexpr, IP: tl.constexpr,
    OP: tl.constexpr, BLOCK_C: tl.constexpr, BLOCK_I: tl.constexpr, BLOCK_O: tl.constexpr,
):  # fmt: skip
    """Program b runs all steps of sample b; the memory never leaves its registers.

    `hidden`, `cells`, `weights` and `reads` have steps + 1 rows, the first of them the state before
    the first step. `drive` is the inputs' part of the controller's pre-activations, biases
    included. Every `every` steps the memory is saved for the backward pass.
    """
    READ: tl.constexpr = (H - P) * W
    b = tl.program_id(0).to(tl.int64)
    n_N, w_W, at_NW, live_NW = slots_and_width(N, W, NP, WP)
    c_C, i_I = tl.arange(0, CP), tl.arange(0, IP)
    memory_NW = tl.load(start_ptr + b * N * W + at_NW, mask=live_NW, other=0.0)
    for t in range(steps):
        row = t * batch + b
        after = row + batch
        if t % every == 0:
            kept = (t // every) * batch + b
            tl.store(saved_ptr + kept * N * W + at_NW, memory_NW, mask=live_NW)
        raw = raw_ptr + row * FACE
        controller(
            drive_ptr, weight_read_ptr, weight_hidden_ptr, hidden_ptr, cells_ptr, gates_ptr,
            reads_ptr, row, after, c_C, READ, C, LSTM, BLOCK_C,
        )  # fmt: skip
        interface(hidden_ptr + after * C, face_ptr, face_bias_ptr, raw, i_I, C, FACE, BLOCK_I)

        before, content = weights_ptr + row * H * N, content_ptr + row * H * N
        weights = weights_ptr + after * H * N
        for p in range(P):
            weights_N = address(
                memory_NW, raw, before, content, p, n_N, w_W, N, W, D, DP,
                KEY, STRENGTH, GATE, SHIFT, POWER,
            )  # fmt: skip
            tl.store(weights + p * N + n_N, weights_N, mask=n_N < N)
        tl.debug_barrier()
        source_NW = memory_NW
        memory_NW = erase_and_add(memory_NW, raw, weights, n_N, w_W, N, W, P, ERASE, ADD)
        if not READ_FIRST:
            source_NW = memory_NW
        for r in range(H - P):
            weights_N = address(
                source_NW, raw, before, content, P + r, n_N, w_W, N, W, D, DP,
                KEY, STRENGTH, GATE, SHIFT, POWER,
            )  # fmt: skip
            tl.store(weights + (P + r) * N + n_N, weights_N, mask=n_N < N)
            read_W = read(source_NW, weights_N)
            tl.store(reads_ptr + after * READ + r * W + w_W, read_W, mask=w_W < W)
        tl.debug_barrier()
    tl.store(end_ptr + b * N * W + at_NW, memory_NW, mask=live_NW)
