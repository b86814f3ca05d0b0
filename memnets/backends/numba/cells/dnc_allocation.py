"""Where all write heads of a DNC write: they allocate one after the other."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..compiler.jit import ONE, ZERO, kernel
from ..usage import allocation, allocation_vjp, write_weighting, write_weighting_vjp


class Allocation(NamedTuple):
    """What finding free slots keeps: gates, what was freed, and each write head's free list."""

    free_BR: Any
    allocation_gate_BP: Any
    write_gate_BP: Any
    retention_BN: Any
    used_BPN: Any
    order_BPN: Any
    allocation_BPN: Any


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
    """Write weightings of all heads (DNC: w^w), each seeing what those before it took.

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
            write_weighting(
                content_BPN[b, p], allocation_BPN[b, p], allocation_gate_BP[b, p],
                write_gate_BP[b, p], out_BPN[b, p],
            )  # fmt: skip


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
            to_gate, to_write_gate = write_weighting_vjp(
                content_BPN[b, p], allocation_BPN[b, p], gate, write_gate, grad_out_BPN[b, p],
                grad_content_BPN[b, p], to_allocation,
            )  # fmt: skip
            grad_allocation_gate_BP[b, p] += taken * write_gate + to_gate
            grad_write_gate_BP[b, p] += taken * gate + to_write_gate
            allocation_vjp(
                used_BPN[b, p], floor, order_BPN[b, p], to_allocation, to_used, scratch_3N[2]
            )
        for n in range(slots):
            grad_usage_BN[b, n] += to_used[n]
