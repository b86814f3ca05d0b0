"""What a D-NTM writes in one step: erase and candidate vectors, and the gradients.

V is the width of a row, its address and its content; writes leave the address alone.
"""

from __future__ import annotations

from typing import Any

from ..compiler.jit import ONE, ZERO, kernel, sigmoid, tanh
from ..linear import norms
from ..memory import write
from ..undo import write_rows


@kernel
def write_in_place(
    choice: Any,
    rows_BVN: Any,
    address: Any,
    erase_BPV: Any,
    add_BPV: Any,
    norm_BN: Any,
    log_BPV: Any,
) -> None:
    """Writes every row, or the chosen ones, which are logged; the lengths `norm_BN` follow."""
    if choice.one_slot:
        write_rows(
            rows_BVN, address.weights_BHN, address.slot_BH, erase_BPV, add_BPV, norm_BN, log_BPV
        )
    else:
        write(rows_BVN, address.weights_BHN, address.slot_BH, erase_BPV, add_BPV, rows_BVN)
        norms(rows_BVN, norm_BN)


@kernel
def write_vectors(
    raw_BI: Any,
    columns: Any,
    options: Any,
    gate_input_BP: Any,
    from_input_BPW: Any,
    gate_BP: Any,
    erase_BPV: Any,
    add_BPV: Any,
) -> None:
    """Erase and candidate vectors, zero for the address.

    `gate_input_BP` is the input's share of the gate α on `from_input_BPW`, the input's share of the
    candidate, which is zero where there is no gate.
    """
    batch, heads, width = from_input_BPW.shape
    address = erase_BPV.shape[2] - width
    for b in range(batch):
        for p in range(heads):
            gate_BP[b, p] = ZERO
            if options.gated_input:
                gate_BP[b, p] = sigmoid(raw_BI[b, columns.candidate_gate + p] + gate_input_BP[b, p])
            for v in range(address):
                erase_BPV[b, p, v] = ZERO
                add_BPV[b, p, v] = ZERO
            for w in range(width):
                erase = sigmoid(raw_BI[b, columns.erase + p * width + w])
                erase_BPV[b, p, address + w] = erase
    candidate(raw_BI, columns.candidate, gate_BP, from_input_BPW, options.tanh_candidate, add_BPV)


@kernel
def write_vectors_vjp(
    columns: Any,
    options: Any,
    from_input_BPW: Any,
    gate_BP: Any,
    erase_BPV: Any,
    add_BPV: Any,
    grad_erase_BPV: Any,
    grad_add_BPV: Any,
    grad_raw_BI: Any,
    grad_gate_input_BP: Any,
    grad_from_input_BPW: Any,
) -> None:
    """Sets their columns of the raw interface's gradient, and those of the input's shares."""
    batch, heads, width = from_input_BPW.shape
    address = erase_BPV.shape[2] - width
    grad_gate_input_BP.fill(ZERO)
    grad_from_input_BPW.fill(ZERO)
    for b in range(batch):
        for p in range(heads):
            for w in range(width):
                erase = erase_BPV[b, p, address + w]
                grad = grad_erase_BPV[b, p, address + w] * erase * (ONE - erase)
                grad_raw_BI[b, columns.erase + p * width + w] = grad
                grad_raw_BI[b, columns.candidate + p * width + w] = ZERO
    candidate_vjp(
        columns.candidate, gate_BP, from_input_BPW, options.tanh_candidate, add_BPV, grad_add_BPV,
        grad_raw_BI, grad_gate_input_BP, grad_from_input_BPW,
    )  # fmt: skip
    if options.gated_input:
        for b in range(batch):
            for p in range(heads):
                gate = gate_BP[b, p]
                grad_gate_input_BP[b, p] *= gate * (ONE - gate)
                grad_raw_BI[b, columns.candidate_gate + p] = grad_gate_input_BP[b, p]


@kernel
def candidate(
    raw_BI: Any, start: int, gate_BP: Any, from_input_BPW: Any, tanh_candidate: bool, out_BPV: Any
) -> None:
    """New content: relu, or where `tanh_candidate` tanh, of W h + b + α V x (D-NTM).

    W h + b are the columns of `raw_BI` from `start` on, V x is `from_input_BPW`, α the gate. Sets
    the content part of a row and leaves its address alone.
    """
    batch, heads, width = from_input_BPW.shape
    address = out_BPV.shape[2] - width
    for b in range(batch):
        for p in range(heads):
            gate = gate_BP[b, p]
            for w in range(width):
                total = raw_BI[b, start + p * width + w] + gate * from_input_BPW[b, p, w]
                if tanh_candidate:
                    out_BPV[b, p, address + w] = tanh(total)
                else:
                    out_BPV[b, p, address + w] = ZERO if total < ZERO else total


@kernel
def candidate_vjp(
    start: int,
    gate_BP: Any,
    from_input_BPW: Any,
    tanh_candidate: bool,
    out_BPV: Any,
    grad_out_BPV: Any,
    grad_raw_BI: Any,
    grad_gate_BP: Any,
    grad_from_input_BPW: Any,
) -> None:
    """The gradients of the raw columns, of the gate and of the input's share."""
    batch, heads, width = from_input_BPW.shape
    address = out_BPV.shape[2] - width
    for b in range(batch):
        for p in range(heads):
            gate, to_gate = gate_BP[b, p], ZERO
            for w in range(width):
                value, grad = out_BPV[b, p, address + w], grad_out_BPV[b, p, address + w]
                if tanh_candidate:
                    grad *= ONE - value * value
                elif value <= ZERO:
                    grad = ZERO
                grad_raw_BI[b, start + p * width + w] += grad
                to_gate += grad * from_input_BPW[b, p, w]
                grad_from_input_BPW[b, p, w] += gate * grad
            grad_gate_BP[b, p] += to_gate
