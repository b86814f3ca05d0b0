"""Reads and writes of a few named slots, each with a weight, whatever the number of slots.

Slots come first, so that a slot's content is one run of numbers. A write logs what it replaces, and
the backward pass restores it bit for bit. K and P count what is read and written per sample.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .compiler.jit import ONE, ZERO, kernel


@kernel
def read_slots(memory_BNW: Any, slot_BK: Any, weight_BK: Any, read_BKW: Any) -> None:
    """The named slots, each times its weight (NTM eq. 2)."""
    batch, count, width = read_BKW.shape
    for b in range(batch):
        for k in range(count):
            content_W, read_W, weight = (
                memory_BNW[b, slot_BK[b, k]],
                read_BKW[b, k],
                weight_BK[b, k],
            )
            for w in range(width):
                read_W[w] = weight * content_W[w]


@kernel
def read_slots_vjp(
    memory_BNW: Any,
    slot_BK: Any,
    weight_BK: Any,
    grad_read_BKW: Any,
    grad_memory_BNW: Any,
    grad_weight_BK: Any,
) -> None:
    """Adds to the gradients of the memory and of the weights."""
    batch, count, width = grad_read_BKW.shape
    for b in range(batch):
        for k in range(count):
            content_W, grad_W = memory_BNW[b, slot_BK[b, k]], grad_read_BKW[b, k]
            to_W, weight, total = grad_memory_BNW[b, slot_BK[b, k]], weight_BK[b, k], ZERO
            for w in range(width):
                total += grad_W[w] * content_W[w]
                to_W[w] += weight * grad_W[w]
            grad_weight_BK[b, k] += total


@kernel
def write_slots(
    memory_BNW: Any, slot_BP: Any, weight_BP: Any, erase_BPW: Any, add_BPW: Any, log_BPW: Any
) -> None:
    """Erase then add, all at once (NTM eqs. 3 and 4), logging the slots as they were."""
    batch, count, width = add_BPW.shape
    for b in range(batch):
        for p in range(count):
            content_W, log_W = memory_BNW[b, slot_BP[b, p]], log_BPW[b, p]
            for w in range(width):
                log_W[w] = content_W[w]
        for p in range(count):
            content_W, weight, erase_W = (
                memory_BNW[b, slot_BP[b, p]],
                weight_BP[b, p],
                erase_BPW[b, p],
            )
            for w in range(width):
                content_W[w] *= ONE - weight * erase_W[w]
        for p in range(count):
            content_W, weight, add_W = memory_BNW[b, slot_BP[b, p]], weight_BP[b, p], add_BPW[b, p]
            for w in range(width):
                content_W[w] += weight * add_W[w]


@kernel
def write_slots_vjp(
    slot_BP: Any,
    weight_BP: Any,
    erase_BPW: Any,
    add_BPW: Any,
    log_BPW: Any,
    grad_memory_BNW: Any,
    grad_weight_BP: Any,
    grad_erase_BPW: Any,
    grad_add_BPW: Any,
) -> None:
    """Sets the gradients of what is erased and added, and adds to that of the weights.

    `grad_memory_BNW` goes in as the gradient of what was written and comes out as that before.
    """
    batch, count, width = add_BPW.shape
    kept_W = np.empty(width, np.float32)
    for b in range(batch):
        for p in range(count):
            slot, weight, total = slot_BP[b, p], weight_BP[b, p], ZERO
            erase_W, add_W, log_W, grad_W = (
                erase_BPW[b, p], add_BPW[b, p], log_BPW[b, p], grad_memory_BNW[b, slot],
            )  # fmt: skip
            for w in range(width):
                kept_W[w] = log_W[w]
            for other in range(count):
                if other != p and slot_BP[b, other] == slot:
                    others, by_W = weight_BP[b, other], erase_BPW[b, other]
                    for w in range(width):
                        kept_W[w] *= ONE - others * by_W[w]
            to_erase_W, to_add_W = grad_erase_BPW[b, p], grad_add_BPW[b, p]
            for w in range(width):
                to_erase_W[w] = -grad_W[w] * weight * kept_W[w]
            for w in range(width):
                to_add_W[w] = grad_W[w] * weight
            for w in range(width):
                total += grad_W[w] * (add_W[w] - kept_W[w] * erase_W[w])
            grad_weight_BP[b, p] += total
        for p in range(count):
            grad_W, weight = grad_memory_BNW[b, slot_BP[b, p]], weight_BP[b, p]
            erase_W = erase_BPW[b, p]
            for w in range(width):
                grad_W[w] *= ONE - weight * erase_W[w]


@kernel
def restore_slots(memory_BNW: Any, slot_BP: Any, log_BPW: Any) -> None:
    """The slots as they were before `write_slots`, bit for bit."""
    batch, count, width = log_BPW.shape
    for b in range(batch):
        for p in range(count):
            content_W, log_W = memory_BNW[b, slot_BP[b, p]], log_BPW[b, p]
            for w in range(width):
                content_W[w] = log_W[w]
