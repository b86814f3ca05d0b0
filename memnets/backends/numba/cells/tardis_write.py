"""TARDIS's write: a slot takes a new row, or every slot takes its share of it.

A slot's row is its content and the projection of it that scores see. The projection is linear, so
both are written alike and nothing is projected again. A chosen slot is logged as it was, so that
the backward pass restores it bit for bit.
"""

from __future__ import annotations

from math import isfinite
from typing import Any

from ..compiler.jit import ONE, ZERO, kernel
from ..memory import DENSE


@kernel
def fill_or_overwrite(
    choice: Any, read: Any, next_B: Any, t: int, micro_BW: Any, address: Any
) -> None:
    """The next empty slot while there is one, then what was just read (TARDIS: w^w).

    Where the new content is not finite, a dense address passes that on to every slot.
    """
    batch, width = micro_BW.shape
    slots = address.weights_BHN.shape[2]
    for b in range(batch):
        weights_N, read_N = address.weights_BHN[b, 0], read.weights_BHN[b, 0]
        slot, kept_K = next_B[b] + t, address.slots_BHK[b, 0]
        if slot < slots:
            for n in range(slots):
                weights_N[n] = ZERO
            weights_N[slot] = ONE
            for k in range(len(kept_K)):
                kept_K[k] = slot
        else:
            slot = read.slot_BH[b, 0]
            for n in range(slots):
                weights_N[n] = read_N[n]
            for k in range(len(kept_K)):
                kept_K[k] = read.slots_BHK[b, 0, k]
        address.slot_BH[b, 0] = slot
        if not choice.is_sparse:
            for w in range(width):
                if not isfinite(micro_BW[b, w]):
                    address.slot_BH[b, 0] = DENSE


@kernel
def overwrite(rows_BZN: Any, address: Any, new_BZ: Any, log_BZ: Any) -> None:
    """Writes in place, logging the slot that was written.

    NaN reaches every row, and cannot be undone.
    """
    batch, width, slots = rows_BZN.shape
    for b in range(batch):
        slot = address.slot_BH[b, 0]
        if slot >= 0:
            for z in range(width):
                held = rows_BZN[b, z, slot]
                log_BZ[b, z] = held
                # what is not finite stays so: zero times it is no number
                rows_BZN[b, z, slot] = held * ZERO + new_BZ[b, z]
        elif slot == DENSE:
            weights_N = address.weights_BHN[b, 0]
            for z in range(width):
                row_N, new = rows_BZN[b, z], new_BZ[b, z]
                for n in range(slots):
                    row_N[n] = row_N[n] * (ONE - weights_N[n]) + weights_N[n] * new


@kernel
def restore(rows_BZN: Any, slot_BP: Any, log_BZ: Any) -> None:
    """The rows as they were before `overwrite`, where one slot was written."""
    batch, width, _ = rows_BZN.shape
    for b in range(batch):
        slot = slot_BP[b, 0]
        if slot >= 0:
            for z in range(width):
                rows_BZN[b, z, slot] = log_BZ[b, z]


@kernel
def overwrite_vjp(address: Any, grad_rows_BZN: Any, grad_new_BZ: Any) -> None:
    """Sets the gradient of the new row; the weights get none (TARDIS).

    `grad_rows_BZN` goes in as the gradient of what was written and comes out as that before.
    """
    batch, width, slots = grad_rows_BZN.shape
    for b in range(batch):
        slot = address.slot_BH[b, 0]
        weights_N = address.weights_BHN[b, 0]
        for z in range(width):
            grad_N, to_new = grad_rows_BZN[b, z], ZERO
            if slot >= 0:
                to_new = grad_N[slot]
                grad_N[slot] *= ZERO
            elif slot == DENSE:
                for n in range(slots):
                    to_new += grad_N[n] * weights_N[n]
                for n in range(slots):
                    grad_N[n] *= ONE - weights_N[n]
            grad_new_BZ[b, z] = to_new
