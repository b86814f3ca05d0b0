"""Rows that heads name: read by their weights, and logged before they are written."""

from __future__ import annotations

from typing import Any

from .compiler.jit import ZERO, kernel


@kernel
def read_rows(memory_BWN: Any, weights_BHK: Any, slots_BHK: Any, read_BHW: Any) -> None:
    """Weighted sum of the named rows per head (NTM eq. 2)."""
    batch, heads, width = read_BHW.shape
    for b in range(batch):
        for h in range(heads):
            for w in range(width):
                memory_N, total = memory_BWN[b, w], ZERO
                for k in range(weights_BHK.shape[2]):
                    total += weights_BHK[b, h, k] * memory_N[slots_BHK[b, h, k]]
                read_BHW[b, h, w] = total


@kernel
def read_rows_vjp(
    memory_BWN: Any,
    weights_BHK: Any,
    slots_BHK: Any,
    grad_read_BHW: Any,
    grad_memory_BWN: Any,
    grad_weights_BHK: Any,
) -> None:
    """Adds to the gradients of the memory and of the weights."""
    batch, heads, width = grad_read_BHW.shape
    for b in range(batch):
        for h in range(heads):
            for k in range(weights_BHK.shape[2]):
                slot, weight, total = slots_BHK[b, h, k], weights_BHK[b, h, k], ZERO
                for w in range(width):
                    grad = grad_read_BHW[b, h, w]
                    total += grad * memory_BWN[b, w, slot]
                    grad_memory_BWN[b, w, slot] += grad * weight
                grad_weights_BHK[b, h, k] += total


@kernel
def log_rows(memory_BWN: Any, slots_BP: Any, log_BPW: Any) -> None:
    """The rows as they are, for `undo.restore_rows`; of what is no slot nothing is logged."""
    batch, places, width = log_BPW.shape
    for b in range(batch):
        for p in range(places):
            slot = slots_BP[b, p]
            if slot >= 0:
                for w in range(width):
                    log_BPW[b, p, w] = memory_BWN[b, w, slot]


@kernel
def is_written_by(written_E: Any, e: int, named: bool) -> bool:
    """Whether there is a slot at this place, whose weight no earlier place has in it.

    The weights of a dense address are those of the slots, not of the places.
    """
    slot = written_E[e]
    if named or slot < 0:
        return slot >= 0
    for before in range(e):
        if written_E[before] == slot:
            return False
    return True
