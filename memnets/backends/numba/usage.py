"""Which slots are in use, and where to write next (DNC, methods: ψ, u, a, w^w)."""

from __future__ import annotations

from typing import Any

from .compiler.jit import ONE, ZERO, exact, kernel
from .sorting import ascending


@kernel
def retention(free_BR: Any, reads_BRN: Any, out_BN: Any) -> None:
    """How much of each slot the free gates leave in use (DNC: ψ)."""
    batch, heads, slots = reads_BRN.shape
    for b in range(batch):
        for n in range(slots):
            out_BN[b, n] = ONE
        for r in range(heads):
            free = free_BR[b, r]
            for n in range(slots):
                out_BN[b, n] *= ONE - free * reads_BRN[b, r, n]


@kernel
def retention_vjp(
    free_BR: Any,
    reads_BRN: Any,
    grad_out_BN: Any,
    grad_free_BR: Any,
    grad_reads_BRN: Any,
    scratch_N: Any,
) -> None:
    """Right where a factor is zero too: the others are multiplied out, never divided."""
    batch, heads, slots = reads_BRN.shape
    for b in range(batch):
        for r in range(heads):
            for n in range(slots):
                scratch_N[n] = grad_out_BN[b, n]
            for other in range(heads):
                if other != r:
                    free = free_BR[b, other]
                    for n in range(slots):
                        scratch_N[n] *= ONE - free * reads_BRN[b, other, n]
            free, total = free_BR[b, r], ZERO
            for n in range(slots):
                total += scratch_N[n] * reads_BRN[b, r, n]
                grad_reads_BRN[b, r, n] -= free * scratch_N[n]
            grad_free_BR[b, r] -= total


@kernel
def usage(usage_BN: Any, writes_BPN: Any, retention_BN: Any, out_BN: Any) -> None:
    """Usage after the previous writes and frees (DNC: u)."""
    batch, heads, slots = writes_BPN.shape
    for b in range(batch):
        for n in range(slots):
            out_BN[b, n] = ONE
        for p in range(heads):
            for n in range(slots):
                out_BN[b, n] *= ONE - writes_BPN[b, p, n]
        for n in range(slots):
            before, written = usage_BN[b, n], ONE - out_BN[b, n]
            out_BN[b, n] = (before + written - before * written) * retention_BN[b, n]


@kernel
def usage_vjp(
    usage_BN: Any,
    writes_BPN: Any,
    retention_BN: Any,
    stop_gradient: bool,
    grad_usage_BN: Any,
    grad_writes_BPN: Any,
    grad_retention_BN: Any,
    scratch_N: Any,
) -> None:
    """`grad_usage_BN` goes in as the gradient of the new usage and comes out as that before."""
    batch, heads, slots = writes_BPN.shape
    for b in range(batch):
        for n in range(slots):
            scratch_N[n] = ONE
        for p in range(heads):
            for n in range(slots):
                scratch_N[n] *= ONE - writes_BPN[b, p, n]
        for n in range(slots):
            before, grad, untouched = usage_BN[b, n], grad_usage_BN[b, n], scratch_N[n]
            grad_retention_BN[b, n] += grad * (ONE - untouched + before * untouched)
            grad *= retention_BN[b, n]
            grad_usage_BN[b, n] = grad * untouched
            scratch_N[n] = grad * (ONE - before)
        if stop_gradient:
            continue
        for p in range(heads):
            for n in range(slots):
                others = ONE
                for other in range(heads):
                    if other != p:
                        others *= ONE - writes_BPN[b, other, n]
                grad_writes_BPN[b, p, n] += scratch_N[n] * others


@kernel
def deallocate(memory_BWN: Any, retention_BN: Any, out_BWN: Any) -> None:
    """Empties what the free gates release (DNC-DMS: D)."""
    batch, width, slots = memory_BWN.shape
    for b in range(batch):
        for w in range(width):
            for n in range(slots):
                out_BWN[b, w, n] = memory_BWN[b, w, n] * retention_BN[b, n]


@kernel
def deallocate_vjp(
    memory_BWN: Any, retention_BN: Any, grad_memory_BWN: Any, grad_retention_BN: Any
) -> None:
    """`grad_memory_BWN` goes in as the gradient of what is left and comes out as that before."""
    batch, width, slots = memory_BWN.shape
    for b in range(batch):
        for w in range(width):
            for n in range(slots):
                grad = grad_memory_BWN[b, w, n]
                grad_retention_BN[b, n] += grad * memory_BWN[b, w, n]
                grad_memory_BWN[b, w, n] = grad * retention_BN[b, n]


@exact
def allocation(usage_N: Any, floor: Any, order_N: Any, out_N: Any, scratch_N: Any) -> None:
    """Weighting of one sample towards its unused slots, in order of usage (DNC: a).

    Sets `order_N`, the free list; ties go to the lowest slot.
    """
    slots = usage_N.shape[0]
    span = ONE - floor
    for n in range(slots):
        out_N[n] = floor + span * usage_N[n]
    ascending(out_N, order_N, scratch_N)
    before = ONE
    for n in range(slots):
        slot = order_N[n]
        used = out_N[slot]
        out_N[slot] = (ONE - used) * before
        before *= used


@exact
def allocation_vjp(
    usage_N: Any, floor: Any, order_N: Any, grad_out_N: Any, grad_usage_N: Any, scratch_N: Any
) -> None:
    """The order itself passes no gradient. Nothing is divided by a usage, which may be zero."""
    slots = usage_N.shape[0]
    span = ONE - floor
    before = ONE
    for n in range(slots):
        scratch_N[n] = before
        before *= floor + span * usage_N[order_N[n]]
    # what one more unit of product before the later slots would be worth
    later = ZERO
    for n in range(slots - 1, -1, -1):
        slot = order_N[n]
        used, grad = floor + span * usage_N[slot], grad_out_N[slot]
        grad_usage_N[slot] += span * scratch_N[n] * (later - grad)
        later = grad * (ONE - used) + used * later


@kernel
def write_weighting(
    content_N: Any, allocation_N: Any, allocation_gate: Any, write_gate: Any, out_N: Any
) -> None:
    """Gated mix of allocation and content of one head (DNC: w^w)."""
    for n in range(out_N.shape[0]):
        content = content_N[n]
        out_N[n] = write_gate * (content + allocation_gate * (allocation_N[n] - content))


@kernel
def write_weighting_vjp(
    content_N: Any,
    allocation_N: Any,
    allocation_gate: Any,
    write_gate: Any,
    grad_out_N: Any,
    grad_content_N: Any,
    grad_allocation_N: Any,
) -> Any:
    """Adds to the gradients of content and allocation; returns those of the two gates."""
    to_allocation_gate, to_write_gate = ZERO, ZERO
    for n in range(grad_out_N.shape[0]):
        grad, content, share = grad_out_N[n], content_N[n], allocation_N[n]
        to_write_gate += grad * (content + allocation_gate * (share - content))
        to_allocation_gate += grad * write_gate * (share - content)
        grad_allocation_N[n] += grad * write_gate * allocation_gate
        grad_content_N[n] += grad * write_gate * (ONE - allocation_gate)
    return to_allocation_gate, to_write_gate
