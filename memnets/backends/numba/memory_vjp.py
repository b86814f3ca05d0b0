"""The gradients of reading and writing (memory.py).

`dense_gradient` says whether every weight of a head gets a gradient although one slot was chosen.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .compiler.jit import ONE, ZERO, kernel
from .memory import DENSE


@kernel
def read_vjp(
    memory_BWN: Any,
    weights_BHN: Any,
    slot_BH: Any,
    dense_gradient: bool,
    grad_read_BHW: Any,
    grad_memory_BWN: Any,
    grad_weights_BHN: Any,
) -> None:
    """Adds to the gradients of the memory and of the weights."""
    batch, width, slots = memory_BWN.shape
    heads = weights_BHN.shape[1]
    for b in range(batch):
        for h in range(heads):
            slot = slot_BH[b, h]
            for w in range(width):
                grad = grad_read_BHW[b, h, w]
                if slot == DENSE:
                    for n in range(slots):
                        grad_weights_BHN[b, h, n] += grad * memory_BWN[b, w, n]
                        grad_memory_BWN[b, w, n] += grad * weights_BHN[b, h, n]
                    continue
                if slot >= 0:
                    grad_memory_BWN[b, w, slot] += grad
                if dense_gradient:
                    for n in range(slots):
                        grad_weights_BHN[b, h, n] += grad * memory_BWN[b, w, n]


@kernel
def write_vjp(
    memory_BWN: Any,
    weights_BPN: Any,
    slot_BP: Any,
    erase_BPW: Any,
    add_BPW: Any,
    dense_gradient: bool,
    grad_memory_BWN: Any,
    grad_weights_BPN: Any,
    grad_erase_BPW: Any,
    grad_add_BPW: Any,
) -> None:
    """`grad_memory_BWN` goes in as the gradient of what was written and comes out as that before.

    `memory_BWN` is the memory before the write.
    """
    batch, width, slots = memory_BWN.shape
    heads = weights_BPN.shape[1]
    for b in range(batch):
        if heads == 1 and slot_BP[b, 0] == DENSE:
            for w in range(width):
                erase, add = erase_BPW[b, 0, w], add_BPW[b, 0, w]
                to_erase, to_add = ZERO, ZERO
                for n in range(slots):
                    weight, content = weights_BPN[b, 0, n], memory_BWN[b, w, n]
                    grad = grad_memory_BWN[b, w, n]
                    to_add += grad * weight
                    to_erase += grad * weight * content
                    grad_weights_BPN[b, 0, n] += grad * (add - content * erase)
                    grad_memory_BWN[b, w, n] = grad * (ONE - weight * erase)
                grad_erase_BPW[b, 0, w] -= to_erase
                grad_add_BPW[b, 0, w] += to_add
            continue
        if slot_BP[b, 0] == DENSE:
            _dense_heads_vjp(
                memory_BWN[b], weights_BPN[b], erase_BPW[b], add_BPW[b],
                grad_memory_BWN[b], grad_weights_BPN[b], grad_erase_BPW[b], grad_add_BPW[b],
            )  # fmt: skip
            continue
        for p in range(heads):
            slot = slot_BP[b, p]
            if slot >= 0:
                for w in range(width):
                    content = _kept_by_others(memory_BWN, weights_BPN, erase_BPW, b, p, w, slot)
                    grad = grad_memory_BWN[b, w, slot]
                    grad_erase_BPW[b, p, w] -= grad * weights_BPN[b, p, slot] * content
                    grad_add_BPW[b, p, w] += grad * weights_BPN[b, p, slot]
            if dense_gradient and heads == 1:
                for w in range(width):
                    erase, add = erase_BPW[b, 0, w], add_BPW[b, 0, w]
                    for n in range(slots):
                        change = add - memory_BWN[b, w, n] * erase
                        grad_weights_BPN[b, 0, n] += grad_memory_BWN[b, w, n] * change
            elif dense_gradient:
                for n in range(slots):
                    total = ZERO
                    for w in range(width):
                        content = _kept_by_others(memory_BWN, weights_BPN, erase_BPW, b, p, w, n)
                        change = add_BPW[b, p, w] - content * erase_BPW[b, p, w]
                        total += grad_memory_BWN[b, w, n] * change
                    grad_weights_BPN[b, p, n] += total
        for p in range(heads):
            slot = slot_BP[b, p]
            if slot >= 0:
                for w in range(width):
                    grad_memory_BWN[b, w, slot] *= ONE - erase_BPW[b, p, w]


@kernel
def _dense_heads_vjp(
    memory_WN: Any, weights_PN: Any, erase_PW: Any, add_PW: Any,
    grad_memory_WN: Any, grad_weights_PN: Any, grad_erase_PW: Any, grad_add_PW: Any,
) -> None:  # fmt: skip
    """Several dense heads of one sample: forward through what each finds, then back."""
    heads, slots = weights_PN.shape
    found_PN = np.empty((heads, slots), np.float32)
    grad_N = np.empty(slots, np.float32)
    for w in range(len(memory_WN)):
        left_N = grad_memory_WN[w]
        for n in range(slots):
            grad_N[n] = left_N[n]
            found_PN[0, n] = memory_WN[w, n]
        for p in range(1, heads):
            erase, found_N, after_N = erase_PW[p - 1, w], found_PN[p - 1], found_PN[p]
            weights_N = weights_PN[p - 1]
            for n in range(slots):
                after_N[n] = found_N[n] * (ONE - weights_N[n] * erase)
        for p in range(heads - 1, -1, -1):
            to_erase, to_add = _dense_head_vjp(
                weights_PN[p], found_PN[p], erase_PW[p, w], add_PW[p, w],
                grad_N, left_N, grad_weights_PN[p],
            )  # fmt: skip
            grad_erase_PW[p, w] -= to_erase
            grad_add_PW[p, w] += to_add


@kernel
def _dense_head_vjp(
    weights_N: Any, found_N: Any, erase: Any, add: Any,
    grad_N: Any, left_N: Any, grad_weights_N: Any,
) -> Any:  # fmt: skip
    """`left_N`, the gradient of what this head left to later ones, becomes that of what it found.

    Returns the gradients of erase, with its sign turned, and of add.
    """
    to_erase, to_add = ZERO, ZERO
    for n in range(len(weights_N)):
        to_add += grad_N[n] * weights_N[n]
        to_erase += left_N[n] * weights_N[n] * found_N[n]
    for n in range(len(weights_N)):
        grad_weights_N[n] += grad_N[n] * add - left_N[n] * found_N[n] * erase
    for n in range(len(weights_N)):
        left_N[n] *= ONE - weights_N[n] * erase
    return to_erase, to_add


@kernel
def _kept_by_others(
    memory_BWN: Any, weights_BPN: Any, erase_BPW: Any, b: int, head: int, w: int, n: int
) -> Any:
    """What the other heads leave of a number."""
    content = memory_BWN[b, w, n]
    for other in range(weights_BPN.shape[1]):
        if other != head:
            content *= ONE - weights_BPN[b, other, n] * erase_BPW[b, other, w]
    return content
