"""The DNC's temporal links (methods: L, p, f, b): which slot was written after which.

A soft write changes every link; a chosen slot changes one row and one column, which are saved so
that the way back can undo it. Links are touched four rows at a time: each load then feeds several
sums, and few enough arrays are in play for LLVM to vectorise the loops over columns.
"""

from __future__ import annotations

from typing import Any

from .contents import DENSE
from .jit import ONE, ZERO, kernel


@kernel
def link(
    link_BPNN: Any, precedence_BPN: Any, writes_BPN: Any, out_BPNN: Any, scratch_N: Any
) -> None:
    """Links after a write, from the precedence before it (DNC: L). `out` may be the links.

    A row goes through the scratch: a loop that reads what it overwrites would not be vectorised.
    """
    batch, heads, slots = writes_BPN.shape
    for b in range(batch):
        for p in range(heads):
            for i in range(slots):
                weight = writes_BPN[b, p, i]
                rest = ONE - weight
                for j in range(slots):
                    kept = (rest - writes_BPN[b, p, j]) * link_BPNN[b, p, i, j]
                    scratch_N[j] = kept + weight * precedence_BPN[b, p, j]
                scratch_N[i] = ZERO
                for j in range(slots):
                    out_BPNN[b, p, i, j] = scratch_N[j]


@kernel
def relink(
    link_BPNN: Any, precedence_BPN: Any, slot_BP: Any, row_BPN: Any, column_BPN: Any
) -> None:
    """`link` in place for chosen slots: their row and column, saved before they are replaced."""
    batch, heads, slots = precedence_BPN.shape
    for b in range(batch):
        for p in range(heads):
            slot = slot_BP[b, p]
            if slot < 0:
                continue
            for n in range(slots):
                row_BPN[b, p, n] = link_BPNN[b, p, slot, n]
                column_BPN[b, p, n] = link_BPNN[b, p, n, slot]
            for n in range(slots):
                link_BPNN[b, p, slot, n] = precedence_BPN[b, p, n]
            for n in range(slots):
                link_BPNN[b, p, n, slot] = ZERO


@kernel
def unlink(link_BPNN: Any, slot_BP: Any, row_BPN: Any, column_BPN: Any) -> None:
    """Undoes `relink`, bit for bit."""
    batch, heads, slots = row_BPN.shape
    for b in range(batch):
        for p in range(heads):
            slot = slot_BP[b, p]
            if slot >= 0:
                for n in range(slots):
                    link_BPNN[b, p, n, slot] = column_BPN[b, p, n]
                for n in range(slots):
                    link_BPNN[b, p, slot, n] = row_BPN[b, p, n]


@kernel
def link_vjp(
    link_BPNN: Any,
    precedence_BPN: Any,
    writes_BPN: Any,
    slot_BP: Any,
    borrowed: bool,
    grad_link_BPNN: Any,
    grad_precedence_BPN: Any,
    grad_writes_BPN: Any,
) -> None:
    """`grad_link_BPNN` goes in as the gradient of the links after the write, comes out as before.

    `link_BPNN` are the links before it. A chosen slot's weights get a gradient only where it is
    `borrowed` (choice.borrows), which alone looks at every link.
    """
    batch, heads, slots = writes_BPN.shape
    for b in range(batch):
        for p in range(heads):
            slot = slot_BP[b, p]
            for i in range(slots):
                grad_link_BPNN[b, p, i, i] = ZERO
            if slot == DENSE or borrowed:
                for i in range(slots):
                    weight, total = writes_BPN[b, p, i], ZERO
                    rest = ONE - weight
                    for j in range(slots):
                        grad = grad_link_BPNN[b, p, i, j]
                        faded = grad * link_BPNN[b, p, i, j]
                        total += grad * precedence_BPN[b, p, j] - faded
                        grad_writes_BPN[b, p, j] -= faded
                        grad_precedence_BPN[b, p, j] += grad * weight
                        grad_link_BPNN[b, p, i, j] = grad * (rest - writes_BPN[b, p, j])
                    grad_writes_BPN[b, p, i] += total
            elif slot >= 0:
                for n in range(slots):
                    grad_precedence_BPN[b, p, n] += grad_link_BPNN[b, p, slot, n]
                    grad_link_BPNN[b, p, slot, n] = ZERO
                for n in range(slots):
                    grad_link_BPNN[b, p, n, slot] = ZERO


@kernel
def precedence(precedence_BPN: Any, writes_BPN: Any, out_BPN: Any) -> None:
    """Which slot was written last (DNC: p)."""
    batch, heads, slots = writes_BPN.shape
    for b in range(batch):
        for p in range(heads):
            rest = ONE
            for n in range(slots):
                rest -= writes_BPN[b, p, n]
            for n in range(slots):
                out_BPN[b, p, n] = rest * precedence_BPN[b, p, n] + writes_BPN[b, p, n]


@kernel
def precedence_vjp(
    precedence_BPN: Any, writes_BPN: Any, grad_precedence_BPN: Any, grad_writes_BPN: Any
) -> None:
    """`grad_precedence_BPN` goes in as the gradient after the write and comes out as before."""
    batch, heads, slots = writes_BPN.shape
    for b in range(batch):
        for p in range(heads):
            rest, total = ONE, ZERO
            for n in range(slots):
                rest -= writes_BPN[b, p, n]
                total += grad_precedence_BPN[b, p, n] * precedence_BPN[b, p, n]
            for n in range(slots):
                grad_writes_BPN[b, p, n] += grad_precedence_BPN[b, p, n] - total
                grad_precedence_BPN[b, p, n] *= rest


@kernel
def copy(memory_BWN: Any, out_BWN: Any) -> None:
    """Contents as they are now."""
    batch, width, slots = memory_BWN.shape
    for b in range(batch):
        for w in range(width):
            for n in range(slots):
                out_BWN[b, w, n] = memory_BWN[b, w, n]


@kernel
def copy_links(link_BPNN: Any, out_BPNN: Any) -> None:
    """Links as they are now."""
    for b in range(len(link_BPNN)):
        copy(link_BPNN[b], out_BPNN[b])
