"""The NTM's backward pass over a whole sequence as one persistent Triton kernel."""

from __future__ import annotations

import triton
import triton.language as tl

from .controller import control_vjp
from .location import address_vjp
from .pieces import spared, total, write_vjp, written


@triton.jit(do_not_specialize=["steps", "batch", "every"])
def backward(
    weight_read_ptr, weight_hidden_ptr, face_ptr,
    hidden_ptr, cells_ptr, gates_ptr, raw_ptr, content_ptr, weights_ptr, saved_ptr, end_ptr,
    grad_hidden_ptr, grad_cells_ptr, grad_weights_ptr, grad_reads_ptr, grad_end_ptr,
    grad_drive_ptr, grad_raw_ptr, replay_ptr, carry_ptr, carry_read_ptr, carry_hidden_ptr,
    steps, batch, every,
    N: tl.constexpr, W: tl.constexpr, H: tl.constexpr, P: tl.constexpr, S: tl.constexpr,
    C: tl.constexpr, LSTM: tl.constexpr, READ_FIRST: tl.constexpr,
    NP: tl.constexpr, WP: tl.constexpr, SP: tl.constexpr, CP: tl.constexpr, IP: tl.constexpr,
    RP: tl.constexpr, BLOCK_C: tl.constexpr, BLOCK_I: tl.constexpr, BLOCK_R: tl.constexpr,
):  # fmt: skip
    """Program b goes back over sample b, from one saved memory to the one before.

    Each stretch of `every` steps replays its writes into `replay`, then is gone through backwards.
    Leaves the gradients of every step's pre-activations and raw interface vector, of which the
    weights' gradients are products, and the gradient of the starting state: the memory's at
    `grad_end`, the cell's at `grad_cells`, the others' at the three carries.
    """
    R: tl.constexpr = (H - P) * W
    ERASE: tl.constexpr = H * (W + 3 + S)
    FACE: tl.constexpr = ERASE + 2 * P * W
    b = tl.program_id(0).to(tl.int64)
    n_N, w_W, c_C, r_R = tl.arange(0, NP), tl.arange(0, WP), tl.arange(0, CP), tl.arange(0, RP)
    live_N, live_W, live_C, live_R = n_N < N, w_W < W, c_C < C, r_R < R
    at_NW = n_N[:, None] * W + w_W[None, :]
    live_NW = live_N[:, None] & live_W[None, :]
    carry_read = carry_read_ptr + b * R
    memory_NW = tl.load(end_ptr + b * N * W + at_NW, mask=live_NW, other=0.0)
    grad_NW = tl.load(grad_end_ptr + b * N * W + at_NW, mask=live_NW, other=0.0)
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
        for i in range(count):
            row = (first + i) * batch + b
            tl.store(replay_ptr + (b * every + i) * N * W + at_NW, replayed_NW, mask=live_NW)
            weights = weights_ptr + (row + batch) * H * N
            raw = raw_ptr + row * FACE
            replayed_NW = written(replayed_NW, raw, weights, n_N, w_W, N, W, P, ERASE)
        tl.debug_barrier()
        for i in range(count):
            back = count - 1 - i
            row = (first + back) * batch + b
            after = row + batch
            at = replay_ptr + (b * every + back) * N * W
            before_NW = tl.load(at + at_NW, mask=live_NW, other=0.0)
            raw, grad_raw = raw_ptr + row * FACE, grad_raw_ptr + row * FACE
            before, content = weights_ptr + row * H * N, content_ptr + row * H * N
            weights, grad_weights = weights_ptr + after * H * N, grad_weights_ptr + row * H * N
            carry = carry_ptr + row * H * N

            # reads
            carry_R += tl.load(grad_reads_ptr + row * R + r_R, mask=live_R, other=0.0)
            tl.store(carry_read + r_R, carry_R, mask=live_R)
            tl.debug_barrier()
            seen_NW, grad_seen_NW = memory_NW, grad_NW
            if READ_FIRST:
                seen_NW, grad_seen_NW = before_NW, tl.zeros_like(grad_NW)
            for r in range(H - P):
                head = P + r
                grad_W = tl.load(carry_read + r * W + w_W, mask=live_W, other=0.0)
                weights_N = tl.load(weights + head * N + n_N, mask=live_N, other=0.0)
                grad_N = total(grad_weights, carry_ptr + after * H * N, head, n_N, N)
                grad_N += tl.sum(seen_NW * grad_W[None, :], 1)
                grad_seen_NW += weights_N[:, None] * grad_W[None, :]
                grad_seen_NW = address_vjp(
                    seen_NW, grad_seen_NW, grad_N, raw, grad_raw, before, content, weights, carry,
                    head, n_N, w_W, N, W, H, S, SP,
                )  # fmt: skip

            # writes
            grad_after_NW = grad_NW if READ_FIRST else grad_seen_NW
            grad_NW = spared(grad_after_NW, raw, weights, -1, n_N, w_W, N, W, P, ERASE)
            if READ_FIRST:
                grad_NW += grad_seen_NW
            for p in range(P):
                grad_N = total(grad_weights, carry_ptr + after * H * N, p, n_N, N)
                grad_N += write_vjp(
                    before_NW, grad_after_NW, raw, grad_raw, weights, p, n_N, w_W, N, W, P, ERASE
                )
                grad_NW = address_vjp(
                    before_NW, grad_NW, grad_N, raw, grad_raw, before, content, weights, carry,
                    p, n_N, w_W, N, W, H, S, SP,
                )  # fmt: skip
            memory_NW = before_NW
            tl.debug_barrier()
            carry_C, grad_cell_C, carry_R = control_vjp(
                carry_C, grad_cell_C, weight_read_ptr, weight_hidden_ptr, face_ptr,
                hidden_ptr, cells_ptr, gates_ptr, grad_hidden_ptr, grad_drive_ptr, grad_raw_ptr,
                row, after, c_C, r_R, R, C, FACE, LSTM, BLOCK_C, BLOCK_R,
            )  # fmt: skip
    tl.store(grad_end_ptr + b * N * W + at_NW, grad_NW, mask=live_NW)
    tl.store(carry_read + r_R, carry_R, mask=live_R)
    if LSTM:
        tl.store(carry_hidden_ptr + b * C + c_C, carry_C, mask=live_C)
        tl.store(grad_cells_ptr + b * C + c_C, grad_cell_C, mask=live_C)
