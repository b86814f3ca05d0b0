"""How much the DNC uses its slots, and where it writes (Graves et al., 2016, methods), in Triton.

Nothing is sorted: a slot's place in the free list is how many slots come before it. Nothing is
divided either, so that a usage of zero is no special case. Suffix I: a block of slots, as rows.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def retention(free_ptr, reads_ptr, but, n_N, N: tl.constexpr, R: tl.constexpr):
    """How much of each slot the free gates of all read heads but one leave in use (DNC: ψ).

    -1 for none. `free` are raw gates, `reads` the read weightings of the step before.
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
    """Leaves the gradients of the raw gates, and adds those of the read weightings at `carry`."""
    for r in range(R):
        at_N = r * N + n_N
        reads_N = tl.load(reads_ptr + at_N, mask=n_N < N, other=0.0)
        carry_N = tl.load(carry_ptr + at_N, mask=n_N < N, other=0.0)
        free = tl.sigmoid(tl.load(free_ptr + r))
        factor_N = -grad_N * retention(free_ptr, reads_ptr, r, n_N, N, R)
        tl.store(carry_ptr + at_N, carry_N + free * factor_N, mask=n_N < N)
        tl.store(grad_free_ptr + r, tl.sum(factor_N * reads_N, 0) * free * (1 - free))


@triton.jit
def untouched(writes_ptr, but, n_N, N: tl.constexpr, P: tl.constexpr):
    """How much of each slot all write heads but one left alone; -1 for none."""
    left_N = tl.zeros((n_N.shape[0],), dtype=writes_ptr.dtype.element_ty) + 1
    for p in range(P):
        if p != but:
            left_N *= 1 - tl.load(writes_ptr + p * N + n_N, mask=n_N < N, other=0.0)
    return left_N


@triton.jit
def usage(usage_N, writes_ptr, kept_N, n_N, N: tl.constexpr, P: tl.constexpr):
    """Usage after the writes of the step before and what was retained (DNC: u)."""
    written_N = 1 - untouched(writes_ptr, -1, n_N, N, P)
    return (usage_N + written_N - usage_N * written_N) * kept_N


@triton.jit
def usage_vjp(
    usage_N, grad_N, writes_ptr, kept_N, carry_ptr, n_N,
    N: tl.constexpr, P: tl.constexpr, STOP: tl.constexpr,
):  # fmt: skip
    """Gradients of the usage before and of the retention; the write weightings' go to `carry`.

    With STOP the write weightings, of the step before, get none.
    """
    left_N = untouched(writes_ptr, -1, n_N, N, P)
    grad_kept_N = grad_N * (1 - left_N + usage_N * left_N)
    grad_N *= kept_N
    if not STOP:
        for p in range(P):
            others_N = untouched(writes_ptr, p, n_N, N, P)
            grad_writes_N = grad_N * (1 - usage_N) * others_N
            tl.store(carry_ptr + p * N + n_N, grad_writes_N, mask=n_N < N)
    return grad_N * left_N, grad_kept_N


@triton.jit
def free_list(
    used_N, used_ptr, sorted_ptr, place_ptr, n_N,
    N: tl.constexpr, LEAST_USED: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Every slot's place in ascending order of usage, and the usages in that order.

    Ties go to the lowest slot. LEAST_USED squeezes usage into [LEAST_USED, 1] first. Keeps `used`
    itself too, for the backward pass.
    """
    live_N = n_N < N
    tl.store(used_ptr + n_N, used_N, mask=live_N)
    tl.debug_barrier()
    used_N = tl.where(live_N, LEAST_USED + (1 - LEAST_USED) * used_N, float("inf"))
    for first in range(0, N, BLOCK):
        i_I = first + tl.arange(0, BLOCK)
        used_I = tl.load(used_ptr + i_I, mask=i_I < N, other=0.0)
        used_I = LEAST_USED + (1 - LEAST_USED) * used_I
        less_IN = used_N[None, :] < used_I[:, None]
        tied_IN = (used_N[None, :] == used_I[:, None]) & (n_N[None, :] < i_I[:, None])
        place_I = tl.sum((less_IN | tied_IN).to(tl.int32), 1)
        tl.store(place_ptr + i_I, place_I, mask=i_I < N)
        tl.store(sorted_ptr + place_I, used_I, mask=i_I < N)
    tl.debug_barrier()


@triton.jit
def before(sorted_ptr, n_N, N: tl.constexpr):
    """Product of the usages before each place of the free list, by doubling."""
    product_N = tl.load(sorted_ptr + n_N - 1, mask=(n_N > 0) & (n_N < N), other=1.0)
    by = 1
    while by < N:
        product_N *= tl.where(n_N >= by, tl.gather(product_N, tl.maximum(n_N - by, 0), 0), 1.0)
        by *= 2
    return product_N


@triton.jit
def allocation(sorted_ptr, place_ptr, n_N, N: tl.constexpr):
    """Weighting towards unused slots (DNC: a)."""
    used_N = tl.load(sorted_ptr + n_N, mask=n_N < N, other=1.0)
    place_N = tl.load(place_ptr + n_N, mask=n_N < N, other=0)
    share_N = tl.gather((1 - used_N) * before(sorted_ptr, n_N, N), place_N, 0)
    return tl.where(n_N < N, share_N, 0.0)


@triton.jit
def allocation_vjp(
    grad_N, sorted_ptr, place_ptr, scratch_ptr, n_N, N: tl.constexpr, LEAST_USED: tl.constexpr
):
    """Gradient of the usage; the order itself passes none.

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
    found_N = (1 - LEAST_USED) * before(sorted_ptr, n_N, N) * (later_N - grad_N)
    return tl.where(live_N, tl.gather(found_N, place_N, 0), 0.0)


@triton.jit
def write_weighting(content_N, allocation_N, gates_ptr, p, P: tl.constexpr):
    """Gated mix of allocation and content (DNC: w^w), and both gates' product.

    `gates` are raw: P allocation gates, then P write gates.
    """
    gate = tl.sigmoid(tl.load(gates_ptr + p))
    write_gate = tl.sigmoid(tl.load(gates_ptr + P + p))
    mix_N = content_N + gate * (allocation_N - content_N)
    return write_gate * mix_N, gate * write_gate


@triton.jit
def write_weighting_vjp(
    grad_N, grad_left_N, content_N, used_N, allocation_N, gates_ptr, grad_gates_ptr, p,
    P: tl.constexpr,
):  # fmt: skip
    """Gradients of content, allocation and usage; leaves those of the raw gates.

    `grad_left_N` is that of the usage as the next write head finds it: u + (1 - u) g a, g being
    both gates' product. What `allocation` passes to the usage comes on top.
    """
    gate = tl.sigmoid(tl.load(gates_ptr + p))
    write_gate = tl.sigmoid(tl.load(gates_ptr + P + p))
    taken_N = grad_left_N * (1 - used_N)
    taken = tl.sum(taken_N * allocation_N, 0)
    mixed = tl.sum(grad_N * (content_N + gate * (allocation_N - content_N)), 0)
    grad_gate = write_gate * (taken + tl.sum(grad_N * (allocation_N - content_N), 0))
    grad_write_gate = gate * taken + mixed
    tl.store(grad_gates_ptr + p, grad_gate * gate * (1 - gate))
    tl.store(grad_gates_ptr + P + p, grad_write_gate * write_gate * (1 - write_gate))
    grad_allocation_N = gate * write_gate * (grad_N + taken_N)
    grad_used_N = grad_left_N * (1 - gate * write_gate * allocation_N)
    return write_gate * (1 - gate) * grad_N, grad_allocation_N, grad_used_N
