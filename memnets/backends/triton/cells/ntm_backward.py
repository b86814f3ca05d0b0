"""The NTM's backward pass over a whole sequence as one persistent Triton kernel."""

from __future__ import annotations

import triton
import triton.language as tl

from ..controllers import controller_vjp
from ..interface import interface_vjp
from ..memory import (
    erase_and_add,
    erase_and_add_vjp_of_head,
    erase_and_add_vjp_of_memory,
    read_vjp,
)
from ..persistent import load_last, slots_and_width, store_first, stretch, weights_gradient
from .ntm_heads import address_vjp


@triton.jit(do_not_specialize=["steps", "batch", "every"])
def backward(
    weight_read_ptr, weight_hidden_ptr, face_ptr,
    hidden_ptr, cells_ptr, gates_ptr, raw_ptr, content_ptr, weights_ptr, saved_ptr, end_ptr,
    grad_hidden_ptr, grad_weights_ptr, grad_reads_ptr, grad_cells_ptr, grad_end_ptr,
    grad_drive_ptr, grad_raw_ptr, replay_ptr, carry_ptr, carry_read_ptr, carry_hidden_ptr,
    steps, batch, every,
    N: tl.constexpr, W: tl.constexpr, H: tl.constexpr, P: tl.constexpr, D: tl.constexpr,
    C: tl.constexpr, LSTM: tl.constexpr, READ_FIRST: tl.constexpr,
    KEY: tl.constexpr, STRENGTH: tl.constexpr, GATE: tl.constexpr, SHIFT: tl.constexpr,
    POWER: tl.constexpr, ERASE: tl.constexpr, ADD: tl.constexpr, FACE: tl.constexpr,
    NP: tl.constexpr, WP: tl.constexpr, DP: tl.constexpr, CP: tl.constexpr, IP: tl.constexpr,
    OP: tl.constexpr, BLOCK_C: tl.constexpr, BLOCK_I: tl.constexpr, BLOCK_O: tl.constexpr,
):  # fmt: skip
    """Program b goes back over sample b, from one saved memory to the one before.

    The writes of a stretch of `every` steps are replayed into `replay`; then the stretch is gone
    through backwards. Stores the gradients of every step's pre-activations and raw interface
    vector, from which torch computes those of the weights, and the gradient of the first state:
    the memory's at `grad_end`, the cell's at `grad_cells`, the others' at the three `carry`.
    """
    READ: tl.constexpr = (H - P) * W
    b = tl.program_id(0).to(tl.int64)
    n_N, w_W, at_NW, live_NW = slots_and_width(N, W, NP, WP)
    c_C, o_O = tl.arange(0, CP), tl.arange(0, OP)
    carry_read = carry_read_ptr + b * READ
    memory_NW, grad_NW, grad_cell_C, carry_C, carry_O = load_last(
        end_ptr, grad_end_ptr, grad_cells_ptr, b, at_NW, live_NW, c_C, N, W, C, LSTM, OP
    )
    for number in range((steps + every - 1) // every):
        first, count, kept = stretch(number, steps, batch, every)
        saved = saved_ptr + (kept + b) * N * W
        replayed_NW = tl.load(saved + at_NW, mask=live_NW, other=0.0)
        for i in range(count):
            row = (first + i) * batch + b
            tl.store(replay_ptr + (b * every + i) * N * W + at_NW, replayed_NW, mask=live_NW)
            raw, weights = raw_ptr + row * FACE, weights_ptr + (row + batch) * H * N
            replayed_NW = erase_and_add(replayed_NW, raw, weights, n_N, w_W, N, W, P, ERASE, ADD)
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

            # reads
            carry_O += tl.load(grad_reads_ptr + row * READ + o_O, mask=o_O < READ, other=0.0)
            tl.store(carry_read + o_O, carry_O, mask=o_O < READ)
            tl.debug_barrier()
            source_NW, grad_source_NW = memory_NW, grad_NW
            if READ_FIRST:
                source_NW, grad_source_NW = before_NW, tl.zeros_like(grad_NW)
            for r in range(H - P):
                head = P + r
                grad_W = tl.load(carry_read + r * W + w_W, mask=w_W < W, other=0.0)
                weights_N = tl.load(weights + head * N + n_N, mask=n_N < N, other=0.0)
                grad_N = weights_gradient(grad_weights, carry_after, head, n_N, N)
                grad_read_NW, grad_read_N = read_vjp(source_NW, weights_N, grad_W)
                grad_source_NW = address_vjp(
                    source_NW, grad_source_NW + grad_read_NW, grad_N + grad_read_N, raw, grad_raw,
                    before, content, weights, carry, head, n_N, w_W, N, W, D, DP,
                    KEY, STRENGTH, GATE, SHIFT, POWER,
                )  # fmt: skip

            # writes
            grad_after_NW = grad_NW if READ_FIRST else grad_source_NW
            grad_NW = erase_and_add_vjp_of_memory(
                grad_after_NW, raw, weights, n_N, w_W, N, W, P, ERASE
            )
            if READ_FIRST:
                grad_NW += grad_source_NW
            for p in range(P):
                grad_N = weights_gradient(grad_weights, carry_after, p, n_N, N)
                grad_N += erase_and_add_vjp_of_head(
                    before_NW, grad_after_NW, raw, grad_raw, weights, p, n_N, w_W,
                    N, W, P, ERASE, ADD,
                )  # fmt: skip
                grad_NW = address_vjp(
                    before_NW, grad_NW, grad_N, raw, grad_raw, before, content, weights, carry,
                    p, n_N, w_W, N, W, D, DP, KEY, STRENGTH, GATE, SHIFT, POWER,
                )  # fmt: skip
            memory_NW = before_NW
            tl.debug_barrier()

            # controller
            carry_C += tl.load(grad_hidden_ptr + row * C + c_C, mask=c_C < C, other=0.0)
            carry_C += interface_vjp(grad_raw, face_ptr, c_C, C, FACE, BLOCK_C)
            carry_C, grad_cell_C, carry_O = controller_vjp(
                carry_C, grad_cell_C, weight_read_ptr, weight_hidden_ptr, hidden_ptr, cells_ptr,
                gates_ptr, grad_drive_ptr, row, after, c_C, o_O, READ, C, LSTM, BLOCK_C, BLOCK_O,
            )  # fmt: skip
    store_first(
        grad_NW, grad_cell_C, carry_C, carry_O, grad_end_ptr, grad_cells_ptr, carry_hidden_ptr,
        carry_read_ptr, b, at_NW, live_NW, c_C, o_O, N, W, C, READ, LSTM,
    )  # fmt: skip
