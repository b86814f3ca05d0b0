"""Changes at chosen slots, made in place: what they replace is logged, so that they can be undone.

A chosen slot changes one row of memory, or one row and one column of the links. That costs the same
for any number of slots, and the backward pass restores what was there before, bit for bit.
V is the width of a row of the D-NTM, its address and its content.
"""

from __future__ import annotations

import math
from typing import Any

from .compiler.jit import ONE, ZERO, kernel
from .memory import DENSE


@kernel
def write_rows(
    rows_BVN: Any,
    weights_BPN: Any,
    slot_BP: Any,
    erase_BPV: Any,
    add_BPV: Any,
    norm_BN: Any,
    log_BPV: Any,
) -> None:
    """Erase then add at the chosen rows (NTM eqs. 3 and 4), logging them as they were.

    The lengths `norm_BN` follow. NaN reaches every row, and cannot be undone.
    """
    batch, heads, width = erase_BPV.shape
    for b in range(batch):
        for p in range(heads):
            if slot_BP[b, p] >= 0:
                for v in range(width):
                    log_BPV[b, p, v] = rows_BVN[b, v, slot_BP[b, p]]
        for p in range(heads):
            if slot_BP[b, p] >= 0:
                for v in range(width):
                    rows_BVN[b, v, slot_BP[b, p]] *= ONE - erase_BPV[b, p, v]
            elif slot_BP[b, p] == DENSE:
                for v in range(width):
                    for n in range(norm_BN.shape[1]):
                        rows_BVN[b, v, n] *= ONE - weights_BPN[b, p, n] * erase_BPV[b, p, v]
        for p in range(heads):
            if slot_BP[b, p] >= 0:
                for v in range(width):
                    rows_BVN[b, v, slot_BP[b, p]] += add_BPV[b, p, v]
            elif slot_BP[b, p] == DENSE:
                for v in range(width):
                    for n in range(norm_BN.shape[1]):
                        rows_BVN[b, v, n] += weights_BPN[b, p, n] * add_BPV[b, p, v]
    norms_of(rows_BVN, slot_BP, norm_BN)


@kernel
def write_rows_vjp(
    slot_BP: Any,
    erase_BPV: Any,
    log_BPV: Any,
    grad_rows_BVN: Any,
    grad_erase_BPV: Any,
    grad_add_BPV: Any,
) -> None:
    """The chosen rows of `grad_rows_BVN` go in as after the write and come out as before it.

    Weights of one get no gradient. Heads on the same row erase together and add together.
    """
    batch, heads, width = erase_BPV.shape
    for b in range(batch):
        for p in range(heads):
            slot = slot_BP[b, p]
            if slot >= 0:
                for v in range(width):
                    grad, kept = grad_rows_BVN[b, v, slot], log_BPV[b, p, v]
                    for other in range(heads):
                        if other != p and slot_BP[b, other] == slot:
                            kept *= ONE - erase_BPV[b, other, v]
                    grad_erase_BPV[b, p, v] -= grad * kept
                    grad_add_BPV[b, p, v] += grad
        for p in range(heads):
            if slot_BP[b, p] >= 0:
                for v in range(width):
                    grad_rows_BVN[b, v, slot_BP[b, p]] *= ONE - erase_BPV[b, p, v]


@kernel
def restore_rows(rows_BVN: Any, slot_BP: Any, log_BPV: Any, norm_BN: Any) -> None:
    """The rows as they were before `write_rows`, bit for bit."""
    batch, heads, width = log_BPV.shape
    for b in range(batch):
        for p in range(heads):
            if slot_BP[b, p] >= 0:
                for v in range(width):
                    rows_BVN[b, v, slot_BP[b, p]] = log_BPV[b, p, v]
    norms_of(rows_BVN, slot_BP, norm_BN)


@kernel
def norms_of(rows_BVN: Any, slot_BP: Any, norm_BN: Any) -> None:
    """The lengths of the rows that were written, of all where a slot is DENSE."""
    batch, heads = slot_BP.shape
    for b in range(batch):
        for p in range(heads):
            if slot_BP[b, p] >= 0:
                _norm_of(rows_BVN[b], slot_BP[b, p], norm_BN[b])
            elif slot_BP[b, p] == DENSE:
                for n in range(norm_BN.shape[1]):
                    _norm_of(rows_BVN[b], n, norm_BN[b])


@kernel
def _norm_of(rows_VN: Any, row: int, norm_N: Any) -> None:
    square = ZERO
    for v in range(rows_VN.shape[0]):
        square += rows_VN[v, row] * rows_VN[v, row]
    norm_N[row] = math.sqrt(square)


@kernel
def replace_links(
    link_BPNN: Any,
    precedence_BPN: Any,
    writes_BPN: Any,
    slot_BP: Any,
    row_BPN: Any,
    column_BPN: Any,
) -> None:
    """`links.link` in place for chosen slots: their row and column, logged as they were.

    The diagonal of the links is zero. NaN reaches every link, and cannot be undone.
    """
    batch, heads, slots = precedence_BPN.shape
    for b in range(batch):
        for p in range(heads):
            slot = slot_BP[b, p]
            if slot == DENSE:
                _replace_every_link(
                    link_BPNN[b, p], precedence_BPN[b, p], writes_BPN[b, p], row_BPN[b, p]
                )
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
def _replace_every_link(link_NN: Any, precedence_N: Any, writes_N: Any, scratch_N: Any) -> None:
    slots = len(writes_N)
    for i in range(slots):
        weight = writes_N[i]
        for j in range(slots):
            kept = (ONE - weight - writes_N[j]) * link_NN[i, j]
            scratch_N[j] = kept + weight * precedence_N[j]
        scratch_N[i] = ZERO
        for j in range(slots):
            link_NN[i, j] = scratch_N[j]


@kernel
def restore_links(link_BPNN: Any, slot_BP: Any, row_BPN: Any, column_BPN: Any) -> None:
    """Undoes `replace_links`, bit for bit."""
    batch, heads, slots = row_BPN.shape
    for b in range(batch):
        for p in range(heads):
            slot = slot_BP[b, p]
            if slot >= 0:
                for n in range(slots):
                    link_BPNN[b, p, n, slot] = column_BPN[b, p, n]
                for n in range(slots):
                    link_BPNN[b, p, slot, n] = row_BPN[b, p, n]
