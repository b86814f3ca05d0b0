"""In which order slots were written, and reading along that order (DNC, methods), in Triton.

N × N links would fill the registers, so they stay in global memory, which for a sample means in
the cache: a block of rows (`i_N`) is loaded, changed, followed by all read heads and stored in one
go. What is changed in place has a barrier between its loads and its stores, as several threads may
hold the same number. The modes of a read head are P backward, one content, P forward.
"""

from __future__ import annotations

import triton
import triton.language as tl

from .functions import softmax_vjp


@triton.jit
def link(
    from_ptr, to_ptr, writes_ptr, precedence_ptr, n_N,
    N: tl.constexpr, P: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """All write heads' links after a write, from the precedence before it (DNC: L)."""
    for p in range(P):
        writes_N = tl.load(writes_ptr + p * N + n_N, mask=n_N < N, other=0.0)
        precedence_N = tl.load(precedence_ptr + p * N + n_N, mask=n_N < N, other=0.0)
        for first in range(0, N, BLOCK):
            i_N = first + tl.arange(0, BLOCK)
            at_NN = (p * N + i_N[:, None]) * N + n_N[None, :]
            live_NN = (i_N < N)[:, None] & (n_N < N)[None, :]
            link_NN = tl.load(from_ptr + at_NN, mask=live_NN, other=0.0)
            row_writes_N = tl.load(writes_ptr + p * N + i_N, mask=i_N < N, other=0.0)
            link_NN = _link_rows(link_NN, row_writes_N, writes_N, precedence_N, i_N, n_N)
            tl.store(to_ptr + at_NN, link_NN, mask=live_NN)


@triton.jit
def precedence(precedence_N, writes_N):
    """Which slot was written last (DNC: p); updated after the links."""
    return (1 - tl.sum(writes_N, 0)) * precedence_N + writes_N


@triton.jit
def precedence_vjp(grad_N, precedence_N, writes_N):
    """Gradients of the precedence before and of the write weighting."""
    grad_writes_N = grad_N - tl.sum(grad_N * precedence_N, 0)
    return grad_N * (1 - tl.sum(writes_N, 0)), grad_writes_N


@triton.jit
def link_and_forward_backward(
    link_ptr, saved_ptr, saves, writes_ptr, precedence_ptr, next_precedence_ptr, reads_ptr,
    paths_ptr, n_N,
    N: tl.constexpr, P: tl.constexpr, R: tl.constexpr, HP: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Links and precedence after a write, then forward and backward weightings (DNC: L, p, f, b).

    The read weightings are those of the previous step. Changes the links in place; where `saves`
    is true they are copied to `saved` first. `paths` takes the P backward weightings of every read
    head, then the P forward ones.
    """
    r_R = tl.arange(0, HP)
    at_RN, live_R = r_R[:, None] * N + n_N[None, :], (r_R < R)[:, None]
    live_RN = live_R & (n_N < N)[None, :]
    reads_RN = tl.load(reads_ptr + at_RN, mask=live_RN, other=0.0)
    for p in range(P):
        writes_N = tl.load(writes_ptr + p * N + n_N, mask=n_N < N, other=0.0)
        precedence_N = tl.load(precedence_ptr + p * N + n_N, mask=n_N < N, other=0.0)
        backward_RN = tl.zeros_like(reads_RN)
        for first in range(0, N, BLOCK):
            i_N = first + tl.arange(0, BLOCK)
            at_NN = (p * N + i_N[:, None]) * N + n_N[None, :]
            live_NN = (i_N < N)[:, None] & (n_N < N)[None, :]
            link_NN = tl.load(link_ptr + at_NN, mask=live_NN, other=0.0)
            if saves:
                tl.store(saved_ptr + at_NN, link_NN, mask=live_NN)
            row_writes_N = tl.load(writes_ptr + p * N + i_N, mask=i_N < N, other=0.0)
            link_NN = _link_rows(link_NN, row_writes_N, writes_N, precedence_N, i_N, n_N)
            # threads may hold the same link: all must have it before any changes it
            tl.debug_barrier()
            tl.store(link_ptr + at_NN, link_NN, mask=live_NN)
            row_at_RN, row_live_RN = r_R[:, None] * N + i_N[None, :], live_R & (i_N < N)[None, :]
            row_reads_RN = tl.load(reads_ptr + row_at_RN, mask=row_live_RN, other=0.0)
            backward_RN += tl.sum(link_NN[None, :, :] * row_reads_RN[:, :, None], 1)
            forward_RN = tl.sum(link_NN[None, :, :] * reads_RN[:, None, :], 2)
            tl.store(paths_ptr + (P + p) * R * N + row_at_RN, forward_RN, mask=row_live_RN)
        tl.store(paths_ptr + p * R * N + at_RN, backward_RN, mask=live_RN)
        next_N = precedence(precedence_N, writes_N)
        tl.store(next_precedence_ptr + p * N + n_N, next_N, mask=n_N < N)


@triton.jit
def link_and_forward_backward_vjp(
    before_ptr, after_ptr, grad_link_ptr, writes_ptr, precedence_ptr, grad_precedence_ptr,
    reads_ptr, grad_reads_ptr, modes_ptr, carry_ptr, scratch_ptr, p, n_N,
    N: tl.constexpr, P: tl.constexpr, R: tl.constexpr, HP: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Returns the gradient of write head p's weighting.

    The gradients of links and precedence go in as those after the step and come out as those
    before it, in place. Those of the previous step's read weightings, `reads`, are added to
    `carry`. `grad_reads` is the gradient of this step's read weightings.
    """
    r_R = tl.arange(0, HP)
    live_R, live_N = r_R < R, n_N < N
    at_RN = r_R[:, None] * N + n_N[None, :]
    live_RN = live_R[:, None] & live_N[None, :]
    modes = modes_ptr + r_R * (2 * P + 1) + p
    back_R1 = tl.load(modes, mask=live_R, other=0.0)[:, None]
    on_R1 = tl.load(modes + P + 1, mask=live_R, other=0.0)[:, None]
    reads_RN = tl.load(reads_ptr + at_RN, mask=live_RN, other=0.0)
    grad_backward_RN = back_R1 * tl.load(grad_reads_ptr + at_RN, mask=live_RN, other=0.0)
    grad_reads_RN = tl.zeros_like(reads_RN)
    writes_N = tl.load(writes_ptr + p * N + n_N, mask=live_N, other=0.0)
    precedence_N = tl.load(precedence_ptr + p * N + n_N, mask=live_N, other=0.0)
    grad_precedence_N = tl.load(grad_precedence_ptr + p * N + n_N, mask=live_N, other=0.0)
    grad_precedence_N, grad_writes_N = precedence_vjp(grad_precedence_N, precedence_N, writes_N)
    for first in range(0, N, BLOCK):
        i_N = first + tl.arange(0, BLOCK)
        at_NN = (p * N + i_N[:, None]) * N + n_N[None, :]
        live_NN = (i_N < N)[:, None] & live_N[None, :]
        row_at_RN = r_R[:, None] * N + i_N[None, :]
        row_live_RN = live_R[:, None] & (i_N < N)[None, :]
        after_RNN = tl.load(after_ptr + at_NN, mask=live_NN, other=0.0)[None, :, :]
        row_reads_RN = tl.load(reads_ptr + row_at_RN, mask=row_live_RN, other=0.0)
        grad_forward_RN = on_R1 * tl.load(grad_reads_ptr + row_at_RN, mask=row_live_RN, other=0.0)
        grad_reads_RN += tl.sum(after_RNN * grad_forward_RN[:, :, None], 1)
        row_grad_reads_RN = tl.load(carry_ptr + row_at_RN, mask=row_live_RN, other=0.0)
        row_grad_reads_RN += tl.sum(after_RNN * grad_backward_RN[:, None, :], 2)

        grad_RNN = grad_forward_RN[:, :, None] * reads_RN[:, None, :]
        grad_RNN += row_reads_RN[:, :, None] * grad_backward_RN[:, None, :]
        grad_NN = tl.load(grad_link_ptr + at_NN, mask=live_NN, other=0.0) + tl.sum(grad_RNN, 0)
        grad_NN = tl.where(i_N[:, None] == n_N[None, :], 0.0, grad_NN)
        row_writes_N = tl.load(writes_ptr + p * N + i_N, mask=i_N < N, other=0.0)
        faded_NN = grad_NN * tl.load(before_ptr + at_NN, mask=live_NN, other=0.0)
        grad_writes_N -= tl.sum(faded_NN, 0)
        row_grad_writes_N = tl.sum(grad_NN * precedence_N[None, :] - faded_NN, 1)
        grad_precedence_N += tl.sum(grad_NN * row_writes_N[:, None], 0)
        grad_NN *= 1 - row_writes_N[:, None] - writes_N[None, :]
        tl.debug_barrier()
        tl.store(scratch_ptr + i_N, row_grad_writes_N, mask=i_N < N)
        tl.store(carry_ptr + row_at_RN, row_grad_reads_RN, mask=row_live_RN)
        tl.store(grad_link_ptr + at_NN, grad_NN, mask=live_NN)
    tl.store(grad_precedence_ptr + p * N + n_N, grad_precedence_N, mask=live_N)
    tl.debug_barrier()
    grad_reads_RN += tl.load(carry_ptr + at_RN, mask=live_RN, other=0.0)
    tl.store(carry_ptr + at_RN, grad_reads_RN, mask=live_RN)
    grad_writes_N += tl.load(scratch_ptr + n_N, mask=live_N, other=0.0)
    tl.debug_barrier()
    return tl.where(live_N, grad_writes_N, 0.0)


@triton.jit
def mix_read_modes(
    content_N, paths_ptr, modes_ptr, r, n_N, N: tl.constexpr, P: tl.constexpr, R: tl.constexpr
):
    """Read weighting of head r from its modes (DNC: w^r)."""
    modes = modes_ptr + r * (2 * P + 1)
    mixed_N = tl.load(modes + P) * content_N
    for path in range(2 * P):
        path_N = tl.load(paths_ptr + (path * R + r) * N + n_N, mask=n_N < N, other=0.0)
        mixed_N += tl.load(modes + path + path // P) * path_N
    return mixed_N


@triton.jit
def mix_read_modes_vjp(
    grad_N, content_ptr, paths_ptr, modes_ptr, grad_raw_ptr, r, n_N,
    N: tl.constexpr, P: tl.constexpr, R: tl.constexpr, MP: tl.constexpr,
):  # fmt: skip
    """Gradient of the content weighting of head r; stores those of its raw modes."""
    M: tl.constexpr = 2 * P + 1
    m_M = tl.arange(0, MP)
    modes = modes_ptr + r * M
    content_N = tl.load(content_ptr + n_N, mask=n_N < N, other=0.0)
    mode_M = tl.load(modes + m_M, mask=m_M < M, other=0.0)
    grad_M = tl.where(m_M == P, tl.sum(grad_N * content_N, 0), 0.0)
    for path in range(2 * P):
        path_N = tl.load(paths_ptr + (path * R + r) * N + n_N, mask=n_N < N, other=0.0)
        grad_M = tl.where(m_M == path + path // P, tl.sum(grad_N * path_N, 0), grad_M)
    tl.store(grad_raw_ptr + r * M + m_M, softmax_vjp(mode_M, grad_M), mask=m_M < M)
    return tl.load(modes + P) * grad_N


@triton.jit
def _link_rows(link_NN, row_writes_N, writes_N, precedence_N, i_N, n_N):
    """A block of rows of the links after a write."""
    faded_NN = (1 - row_writes_N[:, None] - writes_N[None, :]) * link_NN
    link_NN = faded_NN + row_writes_N[:, None] * precedence_N[None, :]
    return tl.where(i_N[:, None] == n_N[None, :], 0.0, link_NN)
