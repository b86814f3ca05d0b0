"""The DNC's forward pass over a whole sequence as one persistent Triton kernel."""

from __future__ import annotations

import triton
import triton.language as tl

from .allocation import allocation, free_list, retention, usage, write_weighting
from .controller import control
from .links import link_and_follow, mix_read_modes, read_modes
from .pieces import look, written


@triton.jit(do_not_specialize=["steps", "batch", "every"])
def forward(
    drive_ptr, weight_read_ptr, weight_hidden_ptr, face_ptr, face_bias_ptr,
    hidden_ptr, cells_ptr, gates_ptr, raw_ptr, content_ptr, weights_ptr, reads_ptr,
    usage_ptr, used_ptr, sorted_ptr, place_ptr, precedence_ptr, paths_ptr, modes_ptr,
    start_ptr, saved_ptr, end_ptr, link_ptr, saved_link_ptr, steps, batch, every,
    N: tl.constexpr, W: tl.constexpr, P: tl.constexpr, R: tl.constexpr, C: tl.constexpr,
    LSTM: tl.constexpr, LINKS: tl.constexpr, DEALLOCATION: tl.constexpr, STOP: tl.constexpr,
    LEAST_USED: tl.constexpr, LEAST: tl.constexpr, WRITE: tl.constexpr, ERASE: tl.constexpr,
    FREE: tl.constexpr, GATES: tl.constexpr, MODES: tl.constexpr, FACE: tl.constexpr,
    NP: tl.constexpr, WP: tl.constexpr, HP: tl.constexpr, MP: tl.constexpr, CP: tl.constexpr,
    IP: tl.constexpr, RP: tl.constexpr, BLOCK_C: tl.constexpr, BLOCK_I: tl.constexpr,
    BLOCK_R: tl.constexpr, BLOCK_LINK: tl.constexpr, BLOCK_USED: tl.constexpr,
):  # fmt: skip
    """Program b runs all steps of sample b; the memory never leaves its registers.

    `hidden`, `cells`, `weights`, `reads`, `usage` and `precedence` have steps + 1 rows, the first
    of them the state before the first step; of the weights the P write heads' come first. `drive`
    is the inputs' part of the controller's pre-activations, biases included. `link` goes in as the
    links before the first step and comes out as those after the last. Every `every` steps memory
    and links are saved for the backward pass.
    """
    H: tl.constexpr = P + R
    b = tl.program_id(0).to(tl.int64)
    n_N, w_W, c_C, i_I = tl.arange(0, NP), tl.arange(0, WP), tl.arange(0, CP), tl.arange(0, IP)
    live_N, live_W = n_N < N, w_W < W
    at_NW = n_N[:, None] * W + w_W[None, :]
    live_NW = live_N[:, None] & live_W[None, :]
    memory_NW = tl.load(start_ptr + b * N * W + at_NW, mask=live_NW, other=0.0)
    for t in range(steps):
        row = t * batch + b
        after = row + batch
        kept = (t // every) * batch + b
        if t % every == 0:
            tl.store(saved_ptr + kept * N * W + at_NW, memory_NW, mask=live_NW)
        control(
            drive_ptr, weight_read_ptr, weight_hidden_ptr, face_ptr, face_bias_ptr,
            hidden_ptr, cells_ptr, gates_ptr, raw_ptr, reads_ptr, row, after, c_C, i_I,
            R * W, C, FACE, LSTM, BLOCK_C, BLOCK_I,
        )  # fmt: skip

        raw, content = raw_ptr + row * FACE, content_ptr + row * H * N
        before, weights = weights_ptr + row * H * N, weights_ptr + after * H * N
        kept_N = retention(raw + FREE, before + P * N, -1, n_N, N, R)
        used_N = tl.load(usage_ptr + row * N + n_N, mask=live_N, other=0.0)
        used_N = usage(used_N, before, kept_N, n_N, N, P)
        tl.store(usage_ptr + after * N + n_N, used_N, mask=live_N)
        for p in range(P):
            at = (row * P + p) * N
            used, order, place = used_ptr + at, sorted_ptr + at, place_ptr + at
            free_list(used_N, used, order, place, n_N, N, LEAST_USED, BLOCK_USED)
            allocation_N = allocation(order, place, n_N, N)
            key, strength = WRITE + p * W, WRITE + P * W + p
            content_N = look(
                memory_NW, raw, key, strength, content + p * N, n_N, w_W, LEAST, N, W
            )  # fmt: skip
            weights_N, gate = write_weighting(content_N, allocation_N, raw + GATES, p, P)
            tl.store(weights + p * N + n_N, weights_N, mask=live_N)
            used_N += (1 - used_N) * gate * allocation_N
        tl.debug_barrier()

        if DEALLOCATION:
            memory_NW *= kept_N[:, None]
        memory_NW = written(memory_NW, raw, weights, n_N, w_W, N, W, P, ERASE)
        paths, modes = paths_ptr + row * 2 * P * R * N, modes_ptr + row * (2 * P + 1) * R
        if LINKS:
            links = b * P * N * N
            link_and_follow(
                link_ptr + links, saved_link_ptr + kept * P * N * N, t % every == 0, weights,
                precedence_ptr + row * P * N, precedence_ptr + after * P * N, before + P * N, paths,
                n_N, N, P, R, HP, BLOCK_LINK,
            )  # fmt: skip
            read_modes(raw + MODES, modes, 2 * P + 1, MP, R)
            tl.debug_barrier()
        for r in range(R):
            weights_N = look(
                memory_NW, raw, r * W, R * W + r, content + (P + r) * N, n_N, w_W, LEAST, N, W
            )
            if LINKS:
                weights_N = mix_read_modes(weights_N, paths, modes, r, n_N, N, P, R)
            tl.store(weights + (P + r) * N + n_N, weights_N, mask=live_N)
            read_W = tl.sum(weights_N[:, None] * memory_NW, 0)
            tl.store(reads_ptr + (after * R + r) * W + w_W, read_W, mask=live_W)
        tl.debug_barrier()
    tl.store(end_ptr + b * N * W + at_NW, memory_NW, mask=live_NW)
