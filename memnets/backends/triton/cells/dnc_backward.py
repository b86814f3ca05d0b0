"""The DNC's backward pass over a whole sequence as one persistent Triton kernel."""

from __future__ import annotations

import triton
import triton.language as tl

from ..content import content_vjp
from ..controllers import controller_vjp
from ..interface import interface_vjp
from ..links import link, link_and_forward_backward_vjp, mix_read_modes_vjp
from ..memory import (
    erase_and_add,
    erase_and_add_vjp_of_head,
    erase_and_add_vjp_of_memory,
    read_vjp,
)
from ..persistent import load_last, slots_and_width, store_first, stretch, weights_gradient
from ..usage import (
    allocation_vjp,
    retention,
    retention_vjp,
    usage_vjp,
    write_weighting_vjp,
)


@triton.jit(do_not_specialize=["steps", "batch", "every"])
def backward(
    weight_read_ptr, weight_hidden_ptr, face_ptr,
    hidden_ptr, cells_ptr, gates_ptr, raw_ptr, content_ptr, weights_ptr,
    usage_ptr, used_ptr, allocation_ptr, sorted_ptr, place_ptr, precedence_ptr, paths_ptr,
    modes_ptr, saved_link_ptr, saved_ptr, end_ptr,
    grad_hidden_ptr, grad_weights_ptr, grad_reads_ptr, grad_cells_ptr, grad_end_ptr,
    grad_usage_ptr, grad_link_ptr, grad_precedence_ptr,
    grad_drive_ptr, grad_raw_ptr, replay_ptr, replay_link_ptr, scratch_ptr,
    carry_ptr, carry_read_ptr, carry_hidden_ptr, steps, batch, every,
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
    """Program b goes back over sample b, from one saved memory to the one before.

    Writes and links of a stretch of `every` steps are replayed into the two `replay`; then the
    stretch is gone through backwards. Stores the gradients of every step's pre-activations and raw
    interface vector, from which torch computes those of the weights, and the gradient of the first
    state: those of memory, usage, links, precedence and cell where those of the last state were,
    the others' at the three `carry`.
    """
    H: tl.constexpr = P + R
    b = tl.program_id(0).to(tl.int64)
    n_N, w_W, at_NW, live_NW = slots_and_width(N, W, NP, WP)
    c_C, o_O, live_N = tl.arange(0, CP), tl.arange(0, OP), n_N < N
    carry_read, scratch = carry_read_ptr + b * R * W, scratch_ptr + b * (R + 1) * N
    grad_links, grad_precedence = grad_link_ptr + b * P * N * N, grad_precedence_ptr + b * P * N
    memory_NW, grad_NW, grad_cell_C, carry_C, carry_O = load_last(
        end_ptr, grad_end_ptr, grad_cells_ptr, b, at_NW, live_NW, c_C, N, W, C, LSTM, OP
    )
    grad_usage_N = tl.load(grad_usage_ptr + b * N + n_N, mask=live_N, other=0.0)
    for number in range((steps + every - 1) // every):
        first, count, kept = stretch(number, steps, batch, every)
        saved = saved_ptr + (kept + b) * N * W
        saved_links = saved_link_ptr + (kept + b) * P * N * N
        replayed_NW = tl.load(saved + at_NW, mask=live_NW, other=0.0)
        links = saved_links
        for i in range(count):
            row = (first + i) * batch + b
            tl.store(replay_ptr + (b * every + i) * N * W + at_NW, replayed_NW, mask=live_NW)
            raw, weights = raw_ptr + row * FACE, weights_ptr + (row + batch) * H * N
            if DEALLOCATION:
                before = weights_ptr + row * H * N
                kept_N = retention(raw + FREE, before + P * N, -1, n_N, N, R)
                replayed_NW *= kept_N[:, None]
            replayed_NW = erase_and_add(replayed_NW, raw, weights, n_N, w_W, N, W, P, ERASE, ADD)
            if LINKS:
                next_links = replay_link_ptr + (b * every + i) * P * N * N
                precedence = precedence_ptr + row * P * N
                link(links, next_links, weights, precedence, n_N, N, P, BLOCK_LINK)
                links = next_links
                tl.debug_barrier()
        tl.debug_barrier()
        for i in range(count):
            back = count - 1 - i
            row = (first + back) * batch + b
            after = row + batch
            replayed = replay_ptr + (b * every + back) * N * W
            before_NW = tl.load(replayed + at_NW, mask=live_NW, other=0.0)
            raw, grad_raw = raw_ptr + row * FACE, grad_raw_ptr + row * FACE
            before, contents = weights_ptr + row * H * N, content_ptr + row * H * N
            weights, grad_weights = weights_ptr + after * H * N, grad_weights_ptr + row * H * N
            carry, carry_after = carry_ptr + row * H * N, carry_ptr + after * H * N
            paths, modes = paths_ptr + row * 2 * P * R * N, modes_ptr + row * (2 * P + 1) * R

            # reads
            carry_O += tl.load(grad_reads_ptr + row * R * W + o_O, mask=o_O < R * W, other=0.0)
            tl.store(carry_read + o_O, carry_O, mask=o_O < R * W)
            tl.debug_barrier()
            for r in range(R):
                head = P + r
                grad_W = tl.load(carry_read + r * W + w_W, mask=w_W < W, other=0.0)
                weights_N = tl.load(weights + head * N + n_N, mask=live_N, other=0.0)
                grad_N = weights_gradient(grad_weights, carry_after, head, n_N, N)
                grad_read_NW, grad_read_N = read_vjp(memory_NW, weights_N, grad_W)
                grad_N += grad_read_N
                grad_NW += grad_read_NW
                if LINKS:
                    tl.store(scratch + (1 + r) * N + n_N, grad_N, mask=live_N)
                    grad_N = mix_read_modes_vjp(
                        grad_N, contents + head * N, paths, modes, grad_raw + MODES, r, n_N,
                        N, P, R, MP,
                    )  # fmt: skip
                grad_NW += content_vjp(
                    memory_NW, grad_N, raw, grad_raw, READ_KEY + r * W, READ_STRENGTH + r,
                    contents + head * N, n_N, w_W, LEAST_STRENGTH, N, W,
                )  # fmt: skip

            # writes
            kept_N = retention(raw + FREE, before + P * N, -1, n_N, N, R)
            grad_kept_N = tl.zeros_like(kept_N)
            source_NW, grad_after_NW = before_NW, grad_NW
            grad_NW = erase_and_add_vjp_of_memory(
                grad_after_NW, raw, weights, n_N, w_W, N, W, P, ERASE
            )
            if DEALLOCATION:
                source_NW = before_NW * kept_N[:, None]
                grad_kept_N = tl.sum(grad_NW * before_NW, 1)
                grad_NW *= kept_N[:, None]
            grad_left_N = tl.zeros_like(kept_N)
            for later in range(P):
                p = P - 1 - later
                tl.debug_barrier()
                grad_N = weights_gradient(grad_weights, carry_after, p, n_N, N)
                grad_N += erase_and_add_vjp_of_head(
                    source_NW, grad_after_NW, raw, grad_raw, weights, p, n_N, w_W,
                    N, W, P, ERASE, ADD,
                )  # fmt: skip
                if LINKS:
                    now = replay_link_ptr + (b * every + back) * P * N * N
                    was = now - P * N * N
                    if back == 0:
                        was = saved_links
                    grad_N += link_and_forward_backward_vjp(
                        was, now, grad_links, weights, precedence_ptr + row * P * N,
                        grad_precedence, before + P * N, scratch + N, modes, carry + P * N,
                        scratch, p, n_N, N, P, R, HP, BLOCK_LINK,
                    )  # fmt: skip
                at = (row * P + p) * N
                used_N = tl.load(used_ptr + at + n_N, mask=live_N, other=0.0)
                allocation_N = tl.load(allocation_ptr + at + n_N, mask=live_N, other=0.0)
                content_N = tl.load(contents + p * N + n_N, mask=live_N, other=0.0)
                grad_content_N, grad_allocation_N, grad_left_N = write_weighting_vjp(
                    grad_N, grad_left_N, content_N, used_N, allocation_N,
                    raw + ALLOCATION_GATE + p, raw + WRITE_GATE + p,
                    grad_raw + ALLOCATION_GATE + p, grad_raw + WRITE_GATE + p,
                )  # fmt: skip
                grad_left_N += allocation_vjp(
                    grad_allocation_N, sorted_ptr + at, place_ptr + at, scratch, n_N, N, FLOOR
                )
                grad_NW += content_vjp(
                    before_NW, grad_content_N, raw, grad_raw, WRITE_KEY + p * W,
                    WRITE_STRENGTH + p, contents + p * N, n_N, w_W, LEAST_STRENGTH, N, W,
                )  # fmt: skip
            used_N = tl.load(usage_ptr + row * N + n_N, mask=live_N, other=0.0)
            grad_usage_N, grad_retention_N = usage_vjp(
                used_N, grad_usage_N + grad_left_N, before, kept_N, carry, n_N, N, P, STOP
            )
            retention_vjp(
                grad_kept_N + grad_retention_N, raw + FREE, grad_raw + FREE, before + P * N,
                carry + P * N, n_N, N, R,
            )  # fmt: skip
            memory_NW = before_NW
            tl.debug_barrier()

            # controller
            carry_C += tl.load(grad_hidden_ptr + row * C + c_C, mask=c_C < C, other=0.0)
            carry_C += interface_vjp(grad_raw, face_ptr, c_C, C, FACE, BLOCK_C)
            carry_C, grad_cell_C, carry_O = controller_vjp(
                carry_C, grad_cell_C, weight_read_ptr, weight_hidden_ptr, hidden_ptr, cells_ptr,
                gates_ptr, grad_drive_ptr, row, after, c_C, o_O, R * W, C, LSTM, BLOCK_C, BLOCK_O,
            )  # fmt: skip
    store_first(
        grad_NW, grad_cell_C, carry_C, carry_O, grad_end_ptr, grad_cells_ptr, carry_hidden_ptr,
        carry_read_ptr, b, at_NW, live_NW, c_C, o_O, N, W, C, R * W, LSTM,
    )  # fmt: skip
    tl.store(grad_usage_ptr + b * N + n_N, grad_usage_N, mask=live_N)
