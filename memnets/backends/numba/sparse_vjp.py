"""The gradients of a sparse write (sparse.py)."""

from __future__ import annotations

from typing import Any

from .compiler.jit import ONE, ZERO, kernel
from .memory import DENSE
from .rows import is_written_by


@kernel
def write_address_vjp(
    read_BHZ: Any,
    least_BH: Any,
    write_gate_BH: Any,
    read_gate_BH: Any,
    grad_weights_BHZ: Any,
    grad_read_BHZ: Any,
    grad_write_gate_BH: Any,
    grad_read_gate_BH: Any,
) -> None:
    """Adds to the gradients of the last read's weights and of the gates."""
    batch, heads, count = read_BHZ.shape
    for b in range(batch):
        for h in range(heads):
            gate, read_gate = write_gate_BH[b, h], read_gate_BH[b, h]
            read_Z, grad_Z, grad_read_Z = (
                read_BHZ[b, h],
                grad_weights_BHZ[b, h],
                grad_read_BHZ[b, h],
            )
            again, of_read = gate * read_gate, ZERO
            for z in range(count):
                of_read += grad_Z[z] * read_Z[z]
                grad_read_Z[z] += again * grad_Z[z]
            of_fresh = grad_Z[count] if len(grad_Z) > count else grad_Z[least_BH[b, h]]
            grad_write_gate_BH[b, h] += read_gate * of_read + (ONE - read_gate) * of_fresh
            grad_read_gate_BH[b, h] += gate * (of_read - of_fresh)


@kernel
def clear_vjp(slots_BH: Any, grad_memory_BWN: Any) -> None:
    """The gradient goes in as after the erasure and comes out as before it."""
    batch, width, _ = grad_memory_BWN.shape
    for b in range(batch):
        for h in range(slots_BH.shape[1]):
            slot = slots_BH[b, h]
            for w in range(width):
                grad_memory_BWN[b, w, slot] = ZERO


@kernel
def add_vjp(
    weights_BHZ: Any,
    written_BHE: Any,
    named: bool,
    add_BHW: Any,
    dense_gradient: bool,
    grad_memory_BWN: Any,
    grad_weights_BHZ: Any,
    grad_add_BHW: Any,
) -> None:
    """Adds to the gradients of weights and additions; that of the memory passes unchanged.

    `dense_gradient`: every weight of a dense address gets one, whichever slots were written.
    """
    batch, heads, width = add_BHW.shape
    for b in range(batch):
        for h in range(heads):
            weights_Z, grad_Z, written_E = (
                weights_BHZ[b, h],
                grad_weights_BHZ[b, h],
                written_BHE[b, h],
            )
            add_W, grad_add_W = add_BHW[b, h], grad_add_BHW[b, h]
            all_written = written_E[0] == DENSE
            if all_written or dense_gradient:
                for w in range(width):
                    grad_N, new, total = grad_memory_BWN[b, w], add_W[w], ZERO
                    for n in range(len(weights_Z)):
                        grad_Z[n] += grad_N[n] * new
                        total += grad_N[n] * weights_Z[n]
                    if all_written:
                        grad_add_W[w] += total
            if all_written:
                continue
            for e in range(len(written_E)):
                slot = written_E[e]
                if not is_written_by(written_E, e, named):
                    continue
                place = e if named else slot
                weight, total = weights_Z[place], ZERO
                for w in range(width):
                    grad = grad_memory_BWN[b, w, slot]
                    total += grad * add_W[w]
                    grad_add_W[w] += grad * weight
                if not dense_gradient:
                    grad_Z[place] += total
