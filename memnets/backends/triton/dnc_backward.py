"""The DNC's backward pass over a whole sequence as one persistent Triton kernel."""

from __future__ import annotations

import triton
import triton.language as tl

from .allocation import (
    allocation,
    allocation_vjp,
    retention,
    retention_vjp,
    usage_vjp,
    write_weighting_vjp,
)
from .controller import control_vjp
from .links import link, link_and_follow_vjp, mix_read_modes_vjp
from .pieces import look_vjp, spared, total, write_vjp, written


@triton.jit(do_not_specialize=["steps", "batch", "every"])
def backward(
    weight_read_ptr, weight_hidden_ptr, face_ptr,
    hidden_ptr, cells_ptr, gates_ptr, raw_ptr, content_ptr, weights_ptr,
    usage_ptr, used_ptr, sorted_ptr, place_ptr, precedence_ptr, paths_ptr, modes_ptr,
    saved_ptr, end_ptr, saved_link_ptr,
    grad_hidden_ptr, grad_weights_ptr, grad_reads_ptr, grad_cells_ptr, grad_end_ptr,
    grad_usage_ptr, grad_link_ptr, grad_precedence_ptr,
    grad_drive_ptr, grad_raw_ptr, replay_ptr, replay_link_ptr, scratch_ptr,
    carry_ptr, carry_read_ptr, carry_hidden_ptr, steps, batch, every,
    N: tl.constexpr, W: tl.constexpr, P: tl.constexpr, R: tl.constexpr, C: tl.constexpr,
    LSTM: tl.constexpr, LINKS: tl.constexpr, DEALLOCATION: tl.constexpr, STOP: tl.constexpr,
    LEAST_USED: tl.constexpr, LEAST: tl.constexpr, WRITE: tl.constexpr, ERASE: tl.constexpr,
    FREE: tl.constexpr, GATES: tl.constexpr, MODES: tl.constexpr, FACE: tl.constexpr,
    NP: tl.constexpr, WP: tl.constexpr, HP: tl.constexpr, MP: tl.constexpr, CP: tl.constexpr,
    IP: tl.constexpr, RP: tl.constexpr, BLOCK_C: tl.constexpr, BLOCK_I: tl.constexpr,
    BLOCK_R: tl.constexpr, BLOCK_LINK: tl.constexpr, BLOCK_USED: tl.constexpr,
):  # fmt: skip
    """Program b goes back over sample b, from one saved memory to the one before.

    Each stretch of `every` steps replays its writes and links into the two `replay`, then is gone
    through backwards. Leaves the gradients of every step's pre-activations and raw interface
    vector, of which the weights' gradients are products, and the gradient of the starting state:
    those of memory, usage, links, precedence and cell where those of the last state were, the
    others' at the three carries.
    """
    H: tl.constexpr = P + R
    b = tl.program_id(0).to(tl.int64)
    n_N, w_W, c_C, r_R = tl.arange(0, NP), tl.arange(0, WP), tl.arange(0, CP), tl.arange(0, RP)
    live_N, live_W, live_C, live_R = n_N < N, w_W < W, c_C < C, r_R < R * W
    at_NW = n_N[:, None] * W + w_W[None, :]
    live_NW = live_N[:, None] & live_W[None, :]
    carry_read, scratch = carry_read_ptr + b * R * W, scratch_ptr + b * (R + 1) * N
    grad_links, grad_last = grad_link_ptr + b * P * N * N, grad_precedence_ptr + b * P * N
    memory_NW = tl.load(end_ptr + b * N * W + at_NW, mask=live_NW, other=0.0)
    grad_NW = tl.load(grad_end_ptr + b * N * W + at_NW, mask=live_NW, other=0.0)
    grad_usage_N = tl.load(grad_usage_ptr + b * N + n_N, mask=live_N, other=0.0)
    grad_cell_C = tl.zeros((CP,), dtype=end_ptr.dtype.element_ty)
    if LSTM:
        grad_cell_C = tl.load(grad_cells_ptr + b * C + c_C, mask=live_C, other=0.0)
    carry_C = tl.zeros_like(grad_cell_C)
    carry_R = tl.zeros((RP,), dtype=end_ptr.dtype.element_ty)
    for stretch in range((steps + every - 1) // every):
        first = ((steps - 1) // every - stretch) * every
        count = tl.minimum(every, steps - first)
        kept = (first // every) * batch + b
        replayed_NW = tl.load(saved_ptr + kept * N * W + at_NW, mask=live_NW, other=0.0)
        links = saved_link_ptr + kept * P * N * N
        for i in range(count):
            row = (first + i) * batch + b
            tl.store(replay_ptr + (b * every + i) * N * W + at_NW, replayed_NW, mask=live_NW)
            raw, weights = raw_ptr + row * FACE, weights_ptr + (row + batch) * H * N
            if DEALLOCATION:
                before = weights_ptr + row * H * N
                kept_N = retention(raw + FREE, before + P * N, -1, n_N, N, R)
                replayed_NW *= kept_N[:, None]
            replayed_NW = written(replayed_NW, raw, weights, n_N, w_W, N, W, P, ERASE)
            if LINKS:
                next_links = replay_link_ptr + (b * every + i) * P * N * N
                last = precedence_ptr + row * P * N
                link(links, next_links, weights, last, n_N, N, P, BLOCK_LINK)
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
            before, content = weights_ptr + row * H * N, content_ptr + row * H * N
            weights, grad_weights = weights_ptr + after * H * N, grad_weights_ptr + row * H * N
            carry, carry_after = carry_ptr + row * H * N, carry_ptr + after * H * N
            paths, modes = paths_ptr + row * 2 * P * R * N, modes_ptr + row * (2 * P + 1) * R

            # reads
            carry_R += tl.load(grad_reads_ptr + row * R * W + r_R, mask=live_R, other=0.0)
            tl.store(carry_read + r_R, carry_R, mask=live_R)
            tl.debug_barrier()
            for r in range(R):
                head = P + r
                grad_W = tl.load(carry_read + r * W + w_W, mask=live_W, other=0.0)
                weights_N = tl.load(weights + head * N + n_N, mask=live_N, other=0.0)
                grad_N = total(grad_weights, carry_after, head, n_N, N)
                grad_N += tl.sum(memory_NW * grad_W[None, :], 1)
                grad_NW += weights_N[:, None] * grad_W[None, :]
                if LINKS:
                    tl.store(scratch + (1 + r) * N + n_N, grad_N, mask=live_N)
                    grad_N = mix_read_modes_vjp(
                        grad_N, content + head * N, paths, modes, grad_raw + MODES, r, n_N,
                        N, P, R, MP,
                    )  # fmt: skip
                grad_NW += look_vjp(
                    memory_NW, grad_N, raw, grad_raw, r * W, R * W + r, content + head * N,
                    n_N, w_W, LEAST, N, W,
                )  # fmt: skip

            # writes
            kept_N = retention(raw + FREE, before + P * N, -1, n_N, N, R)
            grad_kept_N = tl.zeros_like(kept_N)
            source_NW, grad_after_NW = before_NW, grad_NW
            grad_NW = spared(grad_after_NW, raw, weights, -1, n_N, w_W, N, W, P, ERASE)
            if DEALLOCATION:
                source_NW = before_NW * kept_N[:, None]
                grad_kept_N = tl.sum(grad_NW * before_NW, 1)
                grad_NW *= kept_N[:, None]
            grad_left_N = tl.zeros_like(kept_N)
            for later in range(P):
                p = P - 1 - later
                tl.debug_barrier()
                grad_N = total(grad_weights, carry_after, p, n_N, N)
                grad_N += write_vjp(
                    source_NW, grad_after_NW, raw, grad_raw, weights, p, n_N, w_W, N, W, P, ERASE
                )
                if LINKS:
                    now = replay_link_ptr + (b * every + back) * P * N * N
                    was = now - P * N * N
                    if back == 0:
                        was = saved_link_ptr + kept * P * N * N
                    grad_N += link_and_follow_vjp(
                        was, now, grad_links, weights, precedence_ptr + row * P * N, grad_last,
                        before + P * N, scratch + N, modes, carry + P * N, scratch, p, n_N,
                        N, P, R, HP, BLOCK_LINK,
                    )  # fmt: skip
                at = (row * P + p) * N
                used_N = tl.load(used_ptr + at + n_N, mask=live_N, other=0.0)
                content_N = tl.load(content + p * N + n_N, mask=live_N, other=0.0)
                order, place = sorted_ptr + at, place_ptr + at
                grad_content_N, grad_allocation_N, grad_left_N = write_weighting_vjp(
                    grad_N, grad_left_N, content_N, used_N, allocation(order, place, n_N, N),
                    raw + GATES, grad_raw + GATES, p, P,
                )  # fmt: skip
                grad_left_N += allocation_vjp(
                    grad_allocation_N, order, place, scratch, n_N, N, LEAST_USED
                )
                grad_NW += look_vjp(
                    before_NW, grad_content_N, raw, grad_raw, WRITE + p * W, WRITE + P * W + p,
                    content + p * N, n_N, w_W, LEAST, N, W,
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
            carry_C, grad_cell_C, carry_R = control_vjp(
                carry_C, grad_cell_C, weight_read_ptr, weight_hidden_ptr, face_ptr,
                hidden_ptr, cells_ptr, gates_ptr, grad_hidden_ptr, grad_drive_ptr, grad_raw_ptr,
                row, after, c_C, r_R, R * W, C, FACE, LSTM, BLOCK_C, BLOCK_R,
            )  # fmt: skip
    tl.store(grad_end_ptr + b * N * W + at_NW, grad_NW, mask=live_NW)
    tl.store(grad_usage_ptr + b * N + n_N, grad_usage_N, mask=live_N)
    tl.store(carry_read + r_R, carry_R, mask=live_R)
    if LSTM:
        tl.store(carry_hidden_ptr + b * C + c_C, carry_C, mask=live_C)
        tl.store(grad_cells_ptr + b * C + c_C, grad_cell_C, mask=live_C)
