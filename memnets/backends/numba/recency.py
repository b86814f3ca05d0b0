"""The D-NTM's own equations: recency, its moving average, the candidate; what one write undoes.

V is the width of a row, its address and its content; M counts the rows that are scored, the slots
and, where there is one, the no-op.
"""

from __future__ import annotations

import math
from typing import Any

from .jit import ONE, ZERO, exp, kernel, tanh


@kernel
def recency(
    cosine_BHM: Any, strength_BH: Any, recent_BHM: Any, gate_BH: Any, weighting_BHM: Any
) -> None:
    """Softmax of strength times cosine, lowered where the head looked lately (D-NTM: LRU)."""
    batch, heads, rows = cosine_BHM.shape
    for b in range(batch):
        for h in range(heads):
            strength, gate = strength_BH[b, h], gate_BH[b, h]
            for m in range(rows):
                score = strength * cosine_BHM[b, h, m] - gate * recent_BHM[b, h, m]
                weighting_BHM[b, h, m] = score
            top = weighting_BHM[b, h, 0]
            for m in range(1, rows):
                top = max(top, weighting_BHM[b, h, m])
            for m in range(rows):
                weighting_BHM[b, h, m] = exp(weighting_BHM[b, h, m] - top)
            total = ZERO
            for m in range(rows):
                total += weighting_BHM[b, h, m]
            inverse = ONE / total
            for m in range(rows):
                weighting_BHM[b, h, m] *= inverse


@kernel
def recency_vjp(
    cosine_BHM: Any,
    strength_BH: Any,
    recent_BHM: Any,
    gate_BH: Any,
    weighting_BHM: Any,
    grad_weighting_BHM: Any,
    grad_cosine_BHM: Any,
    grad_strength_BH: Any,
    grad_recent_BHM: Any,
    grad_gate_BH: Any,
) -> None:
    """The gradients of cosine, strength, what is recent, and gate."""
    batch, heads, rows = cosine_BHM.shape
    for b in range(batch):
        for h in range(heads):
            mean = ZERO
            for m in range(rows):
                mean += weighting_BHM[b, h, m] * grad_weighting_BHM[b, h, m]
            strength, gate = strength_BH[b, h], gate_BH[b, h]
            to_strength, to_gate = ZERO, ZERO
            for m in range(rows):
                grad = weighting_BHM[b, h, m] * (grad_weighting_BHM[b, h, m] - mean)
                grad_cosine_BHM[b, h, m] += strength * grad
                grad_recent_BHM[b, h, m] -= gate * grad
                to_strength += grad * cosine_BHM[b, h, m]
                to_gate += grad * recent_BHM[b, h, m]
            grad_strength_BH[b, h] += to_strength
            grad_gate_BH[b, h] -= to_gate


@kernel
def recent(
    recent_BHM: Any,
    cosine_BHM: Any,
    strength_BH: Any,
    decay: Any,
    of_score: bool,
    after_BHM: Any,
) -> None:
    """Moving average of a head's scores, or of its cosines, told no gradient (D-NTM: v)."""
    batch, heads, rows = cosine_BHM.shape
    for b in range(batch):
        for h in range(heads):
            fresh = ONE - decay
            if of_score:
                fresh *= strength_BH[b, h]
            for m in range(rows):
                after_BHM[b, h, m] = decay * recent_BHM[b, h, m] + fresh * cosine_BHM[b, h, m]


@kernel
def recent_vjp(decay: Any, grad_recent_BHM: Any) -> None:
    """The gradient of the average goes in as after the step and comes out as before it."""
    batch, heads, rows = grad_recent_BHM.shape
    for b in range(batch):
        for h in range(heads):
            for m in range(rows):
                grad_recent_BHM[b, h, m] *= decay


@kernel
def candidate(
    raw_BI: Any, start: int, gate_BP: Any, shown_BPW: Any, bent: bool, out_BPV: Any
) -> None:
    """New content: relu, or where `bent` tanh, of W h + b + α V x (D-NTM).

    W h + b are the columns of `raw_BI` from `start` on, V x is `shown_BPW`, α the gate. Fills the
    content part of a row and leaves its address alone.
    """
    batch, heads, width = shown_BPW.shape
    address = out_BPV.shape[2] - width
    for b in range(batch):
        for p in range(heads):
            gate = gate_BP[b, p]
            for w in range(width):
                total = raw_BI[b, start + p * width + w] + gate * shown_BPW[b, p, w]
                if bent:
                    out_BPV[b, p, address + w] = tanh(total)
                else:
                    out_BPV[b, p, address + w] = ZERO if total < ZERO else total


@kernel
def candidate_vjp(
    start: int,
    gate_BP: Any,
    shown_BPW: Any,
    bent: bool,
    out_BPV: Any,
    grad_out_BPV: Any,
    grad_raw_BI: Any,
    grad_gate_BP: Any,
    grad_shown_BPW: Any,
) -> None:
    """The gradients of the raw columns, of the gate and of the input's share."""
    batch, heads, width = shown_BPW.shape
    address = out_BPV.shape[2] - width
    for b in range(batch):
        for p in range(heads):
            gate, to_gate = gate_BP[b, p], ZERO
            for w in range(width):
                value, grad = out_BPV[b, p, address + w], grad_out_BPV[b, p, address + w]
                if bent:
                    grad *= ONE - value * value
                elif value <= ZERO:
                    grad = ZERO
                grad_raw_BI[b, start + p * width + w] += grad
                to_gate += grad * shown_BPW[b, p, w]
                grad_shown_BPW[b, p, w] += gate * grad
            grad_gate_BP[b, p] += to_gate


@kernel
def overwrite(
    rows_BVM: Any, slot_BP: Any, erase_BPV: Any, add_BPV: Any, norm_BM: Any, log_BPV: Any
) -> None:
    """Erase then add at the chosen rows (NTM eqs. 3 and 4), logging them as they were.

    Costs the same for any number of rows; `norm_BM` follows.
    """
    batch, heads, width = erase_BPV.shape
    for b in range(batch):
        for p in range(heads):
            if slot_BP[b, p] >= 0:
                for v in range(width):
                    log_BPV[b, p, v] = rows_BVM[b, v, slot_BP[b, p]]
        for p in range(heads):
            if slot_BP[b, p] >= 0:
                for v in range(width):
                    rows_BVM[b, v, slot_BP[b, p]] *= ONE - erase_BPV[b, p, v]
        for p in range(heads):
            if slot_BP[b, p] >= 0:
                for v in range(width):
                    rows_BVM[b, v, slot_BP[b, p]] += add_BPV[b, p, v]
    measure(rows_BVM, slot_BP, norm_BM)


@kernel
def overwrite_vjp(
    slot_BP: Any,
    erase_BPV: Any,
    log_BPV: Any,
    grad_rows_BVM: Any,
    grad_erase_BPV: Any,
    grad_add_BPV: Any,
) -> None:
    """The chosen rows of `grad_rows_BVM` go in as after the write and come out as before it.

    Weights of one get no gradient. Heads on the same row erase together and add together.
    """
    batch, heads, width = erase_BPV.shape
    for b in range(batch):
        for p in range(heads):
            slot = slot_BP[b, p]
            if slot >= 0:
                for v in range(width):
                    grad, kept = grad_rows_BVM[b, v, slot], log_BPV[b, p, v]
                    for other in range(heads):
                        if other != p and slot_BP[b, other] == slot:
                            kept *= ONE - erase_BPV[b, other, v]
                    grad_erase_BPV[b, p, v] -= grad * kept
                    grad_add_BPV[b, p, v] += grad
        for p in range(heads):
            if slot_BP[b, p] >= 0:
                for v in range(width):
                    grad_rows_BVM[b, v, slot_BP[b, p]] *= ONE - erase_BPV[b, p, v]


@kernel
def roll_back(rows_BVM: Any, slot_BP: Any, log_BPV: Any, norm_BM: Any) -> None:
    """The rows as they were before `overwrite`, bit for bit."""
    batch, heads, width = log_BPV.shape
    for b in range(batch):
        for p in range(heads):
            if slot_BP[b, p] >= 0:
                for v in range(width):
                    rows_BVM[b, v, slot_BP[b, p]] = log_BPV[b, p, v]
    measure(rows_BVM, slot_BP, norm_BM)


@kernel
def measure(rows_BVM: Any, slot_BP: Any, norm_BM: Any) -> None:
    """The lengths of the chosen rows only."""
    batch, heads = slot_BP.shape
    for b in range(batch):
        for p in range(heads):
            slot = slot_BP[b, p]
            if slot >= 0:
                square = ZERO
                for v in range(rows_BVM.shape[1]):
                    square += rows_BVM[b, v, slot] * rows_BVM[b, v, slot]
                norm_BM[b, slot] = math.sqrt(square)
