"""Sparse access: write where was just read and where was least used, and what counts as used (SAM).

Weights are Z wide: over all N slots in a dense address, over the slots that a sparse one names. The
slots of a write are E wide: those of the last read, then the least used. In a dense address the
first may be DENSE: every slot is then written by its weight.
"""

from __future__ import annotations

from typing import Any

from .compiler.jit import ONE, ZERO, exact, kernel
from .memory import DENSE
from .rows import is_written_by


@exact
def least_used(usage_BN: Any, least_BH: Any) -> None:
    """Sets the least used slots, least first; ties by the lowest index, NaN before all."""
    batch, slots = usage_BN.shape
    count = least_BH.shape[1]
    for b in range(batch):
        usage_N, least_H = usage_BN[b], least_BH[b]
        for n in range(slots):
            usage, place = usage_N[n], min(n, count)
            if place == count:
                if not _comes_before(usage, usage_N[least_H[count - 1]]):
                    continue
                place = count - 1
            while place > 0 and _comes_before(usage, usage_N[least_H[place - 1]]):
                least_H[place] = least_H[place - 1]
                place -= 1
            least_H[place] = n


@exact
def _comes_before(one: Any, other: Any) -> bool:
    return one < other or (one != one and other == other)


@kernel
def write_address(
    read_BHZ: Any,
    slots_BHK: Any,
    least_BH: Any,
    write_gate_BH: Any,
    read_gate_BH: Any,
    weights_BHZ: Any,
    written_BHE: Any,
) -> None:
    """w^W = α (γ w^R + (1 - γ) I^U): weights and slots of the write (SAM).

    The weights of a sparse address are one more than those read.
    """
    batch, heads, count = read_BHZ.shape
    kept = slots_BHK.shape[2]
    for b in range(batch):
        for h in range(heads):
            gate, least = write_gate_BH[b, h], least_BH[b, h]
            again, fresh = gate * read_gate_BH[b, h], gate * (ONE - read_gate_BH[b, h])
            read_Z, weights_Z = read_BHZ[b, h], weights_BHZ[b, h]
            for z in range(count):
                weights_Z[z] = again * read_Z[z]
            if len(weights_Z) > count:
                weights_Z[count] = fresh
            else:
                weights_Z[least] += fresh
            for k in range(kept):
                written_BHE[b, h, k] = slots_BHK[b, h, k]
            written_BHE[b, h, kept] = least


@kernel
def clear(memory_BWN: Any, slots_BH: Any) -> None:
    """Zeroes the named slots, in place (SAM: the erase matrix R)."""
    batch, width, _ = memory_BWN.shape
    for b in range(batch):
        for h in range(slots_BH.shape[1]):
            slot = slots_BH[b, h]
            for w in range(width):
                memory_BWN[b, w, slot] = ZERO


@kernel
def add(memory_BWN: Any, weights_BHZ: Any, written_BHE: Any, named: bool, add_BHW: Any) -> None:
    """M + Σ_h w_h a_hᵀ in place, touching only the slots of the write (SAM).

    `named`: the address is sparse.
    """
    batch, heads, width = add_BHW.shape
    for b in range(batch):
        for h in range(heads):
            weights_Z, written_E, add_W = weights_BHZ[b, h], written_BHE[b, h], add_BHW[b, h]
            if written_E[0] == DENSE:
                for w in range(width):
                    memory_N, new = memory_BWN[b, w], add_W[w]
                    for n in range(len(weights_Z)):
                        memory_N[n] += weights_Z[n] * new
                continue
            for e in range(len(written_E)):
                slot = written_E[e]
                if is_written_by(written_E, e, named):
                    weight = weights_Z[e] if named else weights_Z[slot]
                    for w in range(width):
                        memory_BWN[b, w, slot] += weight * add_W[w]


@kernel
def last_access(
    last_BN: Any, accessed_BN: Any, time_B: Any, threshold: Any, touched_BN: Any
) -> None:
    """When each slot was last accessed, in place (SAM: U2); sets to one what was touched."""
    batch, slots = last_BN.shape
    for b in range(batch):
        now, last_N, accessed_N, touched_N = time_B[b], last_BN[b], accessed_BN[b], touched_BN[b]
        for n in range(slots):
            used = accessed_N[n] > threshold
            last_N[n] = now if used else last_N[n]
            touched_N[n] = ONE if used else touched_N[n]


@kernel
def discounted_access(usage_BN: Any, accessed_BN: Any, decay: Any) -> None:
    """Discounted sum of all weights, in place (SAM: U1)."""
    batch, slots = usage_BN.shape
    for b in range(batch):
        for n in range(slots):
            usage_BN[b, n] = decay * usage_BN[b, n] + accessed_BN[b, n]
