"""The DNC's forward pass over a whole sequence as one persistent Triton kernel."""

from __future__ import annotations

import triton
import triton.language as tl

from ..content import content
from ..controllers import controller
from ..functions import softmax
from ..interface import interface
from ..links import link_and_forward_backward, mix_read_modes
from ..memory import erase_and_add, read
from ..persistent import slots_and_width
from ..usage import allocation, retention, usage, write_weighting


@triton.jit(do_not_specialize=["steps", "batch", "every"])
def forward(
    drive_ptr, weight_read_ptr, weight_hidden_ptr, face_ptr, face_bias_ptr,
    hidden_ptr, cells_ptr, gates_ptr, raw_ptr, content_ptr, weights_ptr, reads_ptr,
    usage_ptr, used_ptr, allocation_ptr, sorted_ptr, place_ptr, precedence_ptr, paths_ptr,
    modes_ptr, saved_link_ptr, link_ptr, start_ptr, saved_ptr, end_ptr, steps, batch, every,
    N: tl.constexpr, W: tl.constexpr, P: tl.constexpr, R: tl.constexpr, C: tl.constexpr,
    LSTM: tl.constexpr, LINKS: tl.constexpr, DEALLOCATION: tl.constexpr, STOP: tl.constexpr,
    FLOOR: tl.constexpr, LEAST_STRENGTH: tl.constexpr,
    READ_KEY: tl.constexpr, READ_STRENGTH: tl.constexpr, WRITE_KEY: tl.constexpr,
    WRITE_STRENGTH: tl.constexpr, ERASE: tl.constexpr, ADD: tl.constexpr, FREE: tl.constexpr,
    ALLOCATION_GATE: tl.constexpr, WRITE_GATE: tl.constexpr, MODES: tl.constexpr,
    FACE: tl.constexpr,
    NP: tl.constexpr, WP: tl.constexpr, HP: tl.constexpr, MP: tl.constexpr, CP: tl.constexpr,
    IP: tl.constexpr, OP: tl.constexpr, BLOCK_C: tl.constexpr, BLOCK_I: tl.constexpr,
    BLOCK_O: tl.constexpr, BLOCK_LINK: tl.constexpr, BLOCK_USED: tl.constexpr,
):  # fmt: skip
    """Program b runs all steps of sample b; the memory never leaves its registers.

    `hidden`, `cells`, `weights`, `reads`, `usage` and `precedence` have steps + 1 rows, the first
    of them the state before the first step; in `weights` the P write heads come first. `drive` is
    the inputs' part of the controller's pre-activations, biases included. `link` goes in as the
    links before the first step and comes out as those after the last. Every `every` steps memory
    and links are saved for the backward pass.
    """
    H: tl.constexpr = P + R
    b = tl.program_id(0).to(tl.int64)
    n_N, w_W, at_NW, live_NW = slots_and_width(N, W, NP, WP)
    c_C, i_I, live_N = tl.arange(0, CP), tl.arange(0, IP), n_N < N
    memory_NW = tl.load(start_ptr + b * N * W + at_NW, mask=live_NW, other=0.0)
    for t in range(steps):
        row = t * batch + b
        after = row + batch
        kept = (t // every) * batch + b
        if t % every == 0:
            tl.store(saved_ptr + kept * N * W + at_NW, memory_NW, mask=live_NW)
        raw = raw_ptr + row * FACE
        controller(
            drive_ptr, weight_read_ptr, weight_hidden_ptr, hidden_ptr, cells_ptr, gates_ptr,
            reads_ptr, row, after, c_C, R * W, C, LSTM, BLOCK_C,
        )  # fmt: skip
        interface(hidden_ptr + after * C, face_ptr, face_bias_ptr, raw, i_I, C, FACE, BLOCK_I)

        # writes
        contents = content_ptr + row * H * N
        before, weights = weights_ptr + row * H * N, weights_ptr + after * H * N
        kept_N = retention(raw + FREE, before + P * N, -1, n_N, N, R)
        used_N = tl.load(usage_ptr + row * N + n_N, mask=live_N, other=0.0)
        used_N = usage(used_N, before, kept_N, n_N, N, P)
        tl.store(usage_ptr + after * N + n_N, used_N, mask=live_N)
        for p in range(P):
            at = (row * P + p) * N
            allocation_N = allocation(
                used_N, used_ptr + at, allocation_ptr + at, sorted_ptr + at, place_ptr + at,
                n_N, N, FLOOR, BLOCK_USED,
            )  # fmt: skip
            content_N = content(
                memory_NW, raw, WRITE_KEY + p * W, WRITE_STRENGTH + p, contents + p * N,
                n_N, w_W, LEAST_STRENGTH, N, W,
            )  # fmt: skip
            weights_N, gate = write_weighting(
                content_N, allocation_N, raw + ALLOCATION_GATE + p, raw + WRITE_GATE + p
            )
            tl.store(weights + p * N + n_N, weights_N, mask=live_N)
            used_N += (1 - used_N) * gate * allocation_N
        tl.debug_barrier()
        if DEALLOCATION:
            memory_NW *= kept_N[:, None]
        memory_NW = erase_and_add(memory_NW, raw, weights, n_N, w_W, N, W, P, ERASE, ADD)

        # reads
        paths, modes = paths_ptr + row * 2 * P * R * N, modes_ptr + row * (2 * P + 1) * R
        if LINKS:
            link_and_forward_backward(
                link_ptr + b * P * N * N, saved_link_ptr + kept * P * N * N, t % every == 0,
                weights, precedence_ptr + row * P * N, precedence_ptr + after * P * N,
                before + P * N, paths, n_N, N, P, R, HP, BLOCK_LINK,
            )  # fmt: skip
            _read_modes(raw + MODES, modes, 2 * P + 1, MP, R)
            tl.debug_barrier()
        for r in range(R):
            weights_N = content(
                memory_NW, raw, READ_KEY + r * W, READ_STRENGTH + r, contents + (P + r) * N,
                n_N, w_W, LEAST_STRENGTH, N, W,
            )  # fmt: skip
            if LINKS:
                weights_N = mix_read_modes(weights_N, paths, modes, r, n_N, N, P, R)
            tl.store(weights + (P + r) * N + n_N, weights_N, mask=live_N)
            read_W = read(memory_NW, weights_N)
            tl.store(reads_ptr + (after * R + r) * W + w_W, read_W, mask=w_W < W)
        tl.debug_barrier()
    tl.store(end_ptr + b * N * W + at_NW, memory_NW, mask=live_NW)


@triton.jit
def _read_modes(raw_ptr, modes_ptr, M: tl.constexpr, MP: tl.constexpr, R: tl.constexpr):
    """Stores every read head's M modes, which sum to one (DNC: π)."""
    m_M = tl.arange(0, MP)
    for r in range(R):
        raw_M = tl.load(raw_ptr + r * M + m_M, mask=m_M < M, other=0.0)
        tl.store(modes_ptr + r * M + m_M, softmax(raw_M, m_M < M), mask=m_M < M)
