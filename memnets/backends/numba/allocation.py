"""Where the DNC writes (methods: a, w^w): the free list in order of usage, mixed with content."""

from __future__ import annotations

from typing import Any

from .jit import ONE, ZERO, exact, kernel


@kernel
def ascending(values_N: Any, order_N: Any, scratch_N: Any) -> None:
    """The order of a stable sort: how many are less is counted, which vectorises, four at a time.

    `scratch_N` counts those of a rank; both counts are exact in float32.
    """
    slots = values_N.shape[0]
    for i in range(slots):
        # every entry stays a slot, also where something is not a number
        order_N[i], scratch_N[i] = i, ZERO
    whole = slots - slots % 4
    for i in range(0, whole, 4):
        v0, v1, v2, v3 = values_N[i], values_N[i + 1], values_N[i + 2], values_N[i + 3]
        r0, r1, r2, r3 = ZERO, ZERO, ZERO, ZERO
        for j in range(slots):
            value = values_N[j]
            r0 += ONE if value < v0 else ZERO
            r1 += ONE if value < v1 else ZERO
            r2 += ONE if value < v2 else ZERO
            r3 += ONE if value < v3 else ZERO
        _rank(i, r0, order_N, scratch_N)
        _rank(i + 1, r1, order_N, scratch_N)
        _rank(i + 2, r2, order_N, scratch_N)
        _rank(i + 3, r3, order_N, scratch_N)
    for i in range(whole, slots):
        r0 = ZERO
        for j in range(slots):
            r0 += ONE if values_N[j] < values_N[i] else ZERO
        _rank(i, r0, order_N, scratch_N)


@kernel
def _rank(slot: int, rank: Any, order_N: Any, taken_N: Any) -> None:
    """Equal values take the places from their rank on in order of slots."""
    place = int(rank)
    order_N[place + int(taken_N[place])] = slot
    taken_N[place] += ONE


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
def write_weightings(
    usage_BN: Any,
    content_BPN: Any,
    allocation_gate_BP: Any,
    write_gate_BP: Any,
    floor: Any,
    used_BPN: Any,
    order_BPN: Any,
    allocation_BPN: Any,
    out_BPN: Any,
    scratch_N: Any,
) -> None:
    """Gated mixes of allocation and content (DNC: w^w), each head seeing what those before took.

    `used_BPN` is the usage as each head finds it.
    """
    batch, heads, slots = content_BPN.shape
    for b in range(batch):
        for p in range(heads):
            if p == 0:
                for n in range(slots):
                    used_BPN[b, p, n] = usage_BN[b, n]
            else:
                gate = allocation_gate_BP[b, p - 1] * write_gate_BP[b, p - 1]
                for n in range(slots):
                    used = used_BPN[b, p - 1, n]
                    used_BPN[b, p, n] = used + (ONE - used) * gate * allocation_BPN[b, p - 1, n]
            allocation(used_BPN[b, p], floor, order_BPN[b, p], allocation_BPN[b, p], scratch_N)
            gate, write_gate = allocation_gate_BP[b, p], write_gate_BP[b, p]
            for n in range(slots):
                content = content_BPN[b, p, n]
                out_BPN[b, p, n] = write_gate * (
                    content + gate * (allocation_BPN[b, p, n] - content)
                )


@kernel
def write_weightings_vjp(
    content_BPN: Any,
    allocation_gate_BP: Any,
    write_gate_BP: Any,
    floor: Any,
    used_BPN: Any,
    order_BPN: Any,
    allocation_BPN: Any,
    grad_out_BPN: Any,
    grad_usage_BN: Any,
    grad_content_BPN: Any,
    grad_allocation_gate_BP: Any,
    grad_write_gate_BP: Any,
    scratch_3N: Any,
) -> None:
    """From the last head to the first: `scratch_3N` carries the usage's gradient between them."""
    batch, heads, slots = content_BPN.shape
    to_allocation, to_used = scratch_3N[0], scratch_3N[1]
    for b in range(batch):
        for n in range(slots):
            to_used[n] = ZERO
        for p in range(heads - 1, -1, -1):
            gate, write_gate = allocation_gate_BP[b, p], write_gate_BP[b, p]
            taken = ZERO
            for n in range(slots):
                # as the next head found it: used + (1 - used) * gates * allocation
                grad, used, share = to_used[n], used_BPN[b, p, n], allocation_BPN[b, p, n]
                taken += grad * (ONE - used) * share
                to_allocation[n] = grad * (ONE - used) * gate * write_gate
                to_used[n] = grad * (ONE - gate * write_gate * share)
            to_gate, to_write_gate = taken * write_gate, taken * gate
            for n in range(slots):
                grad, content, share = (
                    grad_out_BPN[b, p, n],
                    content_BPN[b, p, n],
                    allocation_BPN[b, p, n],
                )
                to_write_gate += grad * (content + gate * (share - content))
                to_gate += grad * write_gate * (share - content)
                to_allocation[n] += grad * write_gate * gate
                grad_content_BPN[b, p, n] += grad * write_gate * (ONE - gate)
            grad_allocation_gate_BP[b, p] += to_gate
            grad_write_gate_BP[b, p] += to_write_gate
            allocation_vjp(
                used_BPN[b, p], floor, order_BPN[b, p], to_allocation, to_used, scratch_3N[2]
            )
        for n in range(slots):
            grad_usage_BN[b, n] += to_used[n]
