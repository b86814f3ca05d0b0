"""What heads do to the contents of memory: read, erase, add (NTM eqs. 2 to 4).

A head's `slot` says what it uses: DENSE for every slot by its weights, NOTHING for a no-op, else
the one slot that was chosen.
"""

from __future__ import annotations

from typing import Any

from .compiler.jit import ONE, ZERO, kernel

DENSE, NOTHING = -2, -1


@kernel
def read(memory_BWN: Any, weights_BHN: Any, slot_BH: Any, read_BHW: Any) -> None:
    """Weighted sum of slots per head, or the chosen row (NTM eq. 2)."""
    batch, width, _ = memory_BWN.shape
    heads = weights_BHN.shape[1]
    for b in range(batch):
        for h in range(heads):
            slot = slot_BH[b, h]
            if slot == DENSE:
                _weighted_sum(memory_BWN[b], weights_BHN[b, h], read_BHW[b, h])
                continue
            for w in range(width):
                read_BHW[b, h, w] = memory_BWN[b, w, slot] if slot >= 0 else ZERO


@kernel
def _weighted_sum(memory_WN: Any, weights_N: Any, read_W: Any) -> None:
    """Four parts of the width at a time, so that each load of a weight serves four sums."""
    width, slots = memory_WN.shape
    whole = width - width % 4
    for w in range(0, whole, 4):
        one, two, three, four = ZERO, ZERO, ZERO, ZERO
        m0, m1, m2, m3 = memory_WN[w], memory_WN[w + 1], memory_WN[w + 2], memory_WN[w + 3]
        for n in range(slots):
            weight = weights_N[n]
            one += weight * m0[n]
            two += weight * m1[n]
            three += weight * m2[n]
            four += weight * m3[n]
        read_W[w], read_W[w + 1], read_W[w + 2], read_W[w + 3] = one, two, three, four
    for w in range(whole, width):
        one = ZERO
        for n in range(slots):
            one += weights_N[n] * memory_WN[w, n]
        read_W[w] = one


@kernel
def write(
    memory_BWN: Any, weights_BPN: Any, slot_BP: Any, erase_BPW: Any, add_BPW: Any, out_BWN: Any
) -> None:
    """Erase then add: erasures multiply, additions sum (NTM eqs. 3 and 4).

    `out_BWN` may be the memory itself.
    """
    batch, width, slots = memory_BWN.shape
    heads = weights_BPN.shape[1]
    for b in range(batch):
        if heads == 1 and slot_BP[b, 0] == DENSE:
            for w in range(width):
                erase, add = erase_BPW[b, 0, w], add_BPW[b, 0, w]
                for n in range(slots):
                    weight = weights_BPN[b, 0, n]
                    out_BWN[b, w, n] = memory_BWN[b, w, n] * (ONE - weight * erase) + weight * add
            continue
        for w in range(width):
            for n in range(slots):
                out_BWN[b, w, n] = memory_BWN[b, w, n]
            for p in range(heads):
                slot, erase = slot_BP[b, p], erase_BPW[b, p, w]
                if slot >= 0:
                    out_BWN[b, w, slot] *= ONE - erase
                elif slot == DENSE:
                    for n in range(slots):
                        out_BWN[b, w, n] *= ONE - weights_BPN[b, p, n] * erase
            for p in range(heads):
                slot, add = slot_BP[b, p], add_BPW[b, p, w]
                if slot >= 0:
                    out_BWN[b, w, slot] += add
                elif slot == DENSE:
                    for n in range(slots):
                        out_BWN[b, w, n] += weights_BPN[b, p, n] * add
