"""How much the DNC uses its slots, and where it writes (Graves et al., 2016, methods), in Triton.

Nothing is sorted: a slot's place in the free list is how many slots come before it. Nothing is
divided either, so that a usage of zero is no special case. All slots are compared with one block of
slots after another (`i_N`).
"""

from __future__ import annotations

import triton
import triton.language as tl

NAN_LAST = tl.constexpr(1e30)
"""Stands in for NaN where usages are put in order: such a slot comes last, as `torch.sort` does."""


@triton.jit
def retention(free_ptr, reads_ptr, but, n_N, N: tl.constexpr, R: tl.constexpr):
    """How much of each slot the free gates of all read heads but head `but` leave (DNC: ψ).

    -1: all heads. `free` are raw gates, `reads` the read weightings of the previous step.
    """
    kept_N = tl.zeros((n_N.shape[0],), dtype=reads_ptr.dtype.element_ty) + 1
    for r in range(R):
        if r != but:
            reads_N = tl.load(reads_ptr + r * N + n_N, mask=n_N < N, other=0.0)
            kept_N *= 1 - tl.sigmoid(tl.load(free_ptr + r)) * reads_N
    return kept_N


@triton.jit
def retention_vjp(
    grad_N, free_ptr, grad_free_ptr, reads_ptr, carry_ptr, n_N, N: tl.constexpr, R: tl.constexpr
):
    """Stores the gradients of the raw gates, and adds those of the read weightings to `carry`."""
    for r in range(R):
        at_N = r * N + n_N
        reads_N = tl.load(reads_ptr + at_N, mask=n_N < N, other=0.0)
        carry_N = tl.load(carry_ptr + at_N, mask=n_N < N, other=0.0)
        free = tl.sigmoid(tl.load(free_ptr + r))
        factor_N = -grad_N * retention(free_ptr, reads_ptr, r, n_N, N, R)
        tl.store(carry_ptr + at_N, carry_N + free * factor_N, mask=n_N < N)
        tl.store(grad_free_ptr + r, tl.sum(factor_N * reads_N, 0) * free * (1 - free))


@triton.jit
def usage(usage_N, writes_ptr, kept_N, n_N, N: tl.constexpr, P: tl.constexpr):
    """Usage after the previous step's writes and what was retained (DNC: u)."""
    written_N = 1 - _unwritten(writes_ptr, -1, n_N, N, P)
    return (usage_N + written_N - usage_N * written_N) * kept_N


@triton.jit
def usage_vjp(
    usage_N, grad_N, writes_ptr, kept_N, carry_ptr, n_N,
    N: tl.constexpr, P: tl.constexpr, STOP: tl.constexpr,
):  # fmt: skip
    """Gradients of the usage before and of the retention; the write weightings' go to `carry`.

    With STOP the write weightings, those of the previous step, get no gradient.
    """
    unwritten_N = _unwritten(writes_ptr, -1, n_N, N, P)
    grad_kept_N = grad_N * (1 - unwritten_N + usage_N * unwritten_N)
    grad_N *= kept_N
    if not STOP:
        for p in range(P):
            others_N = _unwritten(writes_ptr, p, n_N, N, P)
            grad_writes_N = grad_N * (1 - usage_N) * others_N
            tl.store(carry_ptr + p * N + n_N, grad_writes_N, mask=n_N < N)
    return grad_N * unwritten_N, grad_kept_N


@triton.jit
def allocation(
    used_N, used_ptr, allocation_ptr, sorted_ptr, place_ptr, n_N,
    N: tl.constexpr, FLOOR: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Weighting towards unused slots (DNC: a); FLOOR squeezes usage into [FLOOR, 1] first.

    Keeps for the backward pass the usages, the allocation, every slot's place in ascending order
    of usage (ties go to the lowest slot) and the usages in that order.
    """
    live_N = n_N < N
    tl.store(used_ptr + n_N, used_N, mask=live_N)
    tl.debug_barrier()
    order_N = tl.where(live_N, _ordered(FLOOR + (1 - FLOOR) * used_N), float("inf"))
    for first in range(0, N, BLOCK):
        i_N = first + tl.arange(0, BLOCK)
        row_used_N = tl.load(used_ptr + i_N, mask=i_N < N, other=0.0)
        row_used_N = FLOOR + (1 - FLOOR) * row_used_N
        row_order_N = _ordered(row_used_N)
        less_NN = order_N[None, :] < row_order_N[:, None]
        tied_NN = (order_N[None, :] == row_order_N[:, None]) & (n_N[None, :] < i_N[:, None])
        row_place_N = tl.sum((less_NN | tied_NN).to(tl.int32), 1)
        tl.store(place_ptr + i_N, row_place_N, mask=i_N < N)
        tl.store(sorted_ptr + row_place_N, row_used_N, mask=i_N < N)
    tl.debug_barrier()
    used_N = tl.load(sorted_ptr + n_N, mask=live_N, other=1.0)
    place_N = tl.load(place_ptr + n_N, mask=live_N, other=0)
    share_N = tl.gather((1 - used_N) * _product_before(sorted_ptr, n_N, N), place_N, 0)
    allocation_N = tl.where(live_N, share_N, 0.0)
    tl.store(allocation_ptr + n_N, allocation_N, mask=live_N)
    return allocation_N


@triton.jit
def allocation_vjp(
    grad_N, sorted_ptr, place_ptr, scratch_ptr, n_N, N: tl.constexpr, FLOOR: tl.constexpr
):
    """Gradient of the usage; none passes through the order itself.

    What one more unit of the product before a place's successors is worth is a recurrence over
    them, x[n] = (1 - used[n]) grad[n] + used[n] x[n + 1], run by doubling.
    """
    last: tl.constexpr = n_N.shape[0] - 1
    live_N = n_N < N
    place_N = tl.load(place_ptr + n_N, mask=live_N, other=0)
    tl.store(scratch_ptr + place_N, grad_N, mask=live_N)
    tl.debug_barrier()
    used_N = tl.load(sorted_ptr + n_N + 1, mask=n_N + 1 < N, other=1.0)
    later_N = (1 - used_N) * tl.load(scratch_ptr + n_N + 1, mask=n_N + 1 < N, other=0.0)
    by = 1
    while by < N:
        at_N = tl.minimum(n_N + by, last)
        later_N += tl.where(n_N + by <= last, used_N * tl.gather(later_N, at_N, 0), 0.0)
        used_N *= tl.where(n_N + by <= last, tl.gather(used_N, at_N, 0), 1.0)
        by *= 2
    grad_N = tl.load(scratch_ptr + n_N, mask=live_N, other=0.0)
    found_N = (1 - FLOOR) * _product_before(sorted_ptr, n_N, N) * (later_N - grad_N)
    return tl.where(live_N, tl.gather(found_N, place_N, 0), 0.0)


@triton.jit
def write_weighting(content_N, allocation_N, allocation_gate_ptr, write_gate_ptr):
    """Gated mix of allocation and content (DNC: w^w), and the product of both gates, raw here."""
    gate = tl.sigmoid(tl.load(allocation_gate_ptr))
    write_gate = tl.sigmoid(tl.load(write_gate_ptr))
    mix_N = content_N + gate * (allocation_N - content_N)
    return write_gate * mix_N, gate * write_gate


@triton.jit
def write_weighting_vjp(
    grad_N, grad_left_N, content_N, used_N, allocation_N, allocation_gate_ptr, write_gate_ptr,
    grad_allocation_gate_ptr, grad_write_gate_ptr,
):  # fmt: skip
    """Gradients of content, allocation and usage; stores those of both raw gates.

    `grad_left_N` is the gradient of the usage as the next write head finds it, u + (1 - u) g a,
    where g is the product of both gates. What `allocation` passes to the usage is not in it.
    """
    gate = tl.sigmoid(tl.load(allocation_gate_ptr))
    write_gate = tl.sigmoid(tl.load(write_gate_ptr))
    taken_N = grad_left_N * (1 - used_N)
    taken = tl.sum(taken_N * allocation_N, 0)
    mixed = tl.sum(grad_N * (content_N + gate * (allocation_N - content_N)), 0)
    grad_gate = write_gate * (taken + tl.sum(grad_N * (allocation_N - content_N), 0))
    grad_write_gate = gate * taken + mixed
    tl.store(grad_allocation_gate_ptr, grad_gate * gate * (1 - gate))
    tl.store(grad_write_gate_ptr, grad_write_gate * write_gate * (1 - write_gate))
    grad_allocation_N = gate * write_gate * (grad_N + taken_N)
    grad_used_N = grad_left_N * (1 - gate * write_gate * allocation_N)
    return write_gate * (1 - gate) * grad_N, grad_allocation_N, grad_used_N


@triton.jit
def _unwritten(writes_ptr, but, n_N, N: tl.constexpr, P: tl.constexpr):
    """How much of each slot all write heads but head `but` left unwritten; -1: all heads."""
    left_N = tl.zeros((n_N.shape[0],), dtype=writes_ptr.dtype.element_ty) + 1
    for p in range(P):
        if p != but:
            left_N *= 1 - tl.load(writes_ptr + p * N + n_N, mask=n_N < N, other=0.0)
    return left_N


@triton.jit
def _ordered(used):
    """Usages as numbers that can be put in order: NaN compares with nothing."""
    return tl.where(used == used, used, NAN_LAST)


@triton.jit
def _product_before(sorted_ptr, n_N, N: tl.constexpr):
    """Product of the usages before each place of the free list, by doubling."""
    product_N = tl.load(sorted_ptr + n_N - 1, mask=(n_N > 0) & (n_N < N), other=1.0)
    by = 1
    while by < N:
        product_N *= tl.where(n_N >= by, tl.gather(product_N, tl.maximum(n_N - by, 0), 0), 1.0)
        by *= 2
    return product_N
