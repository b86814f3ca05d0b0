"""The D-NTM over a whole sequence, for a range of samples; rollouts/dntm.py is the torch side.

A row is [address ; content], so that scoring and reading are those of any memory: every sample has
its own copy of the learned addresses, which writes leave alone. V is the width of a row, M counts
the rows that are scored, the slots and, where there is one, the no-op.

Soft rows are kept every few steps and rebuilt in between from what was written. A discrete write
changes one row of the one buffer and logs it, and the way back restores it bit for bit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .choice import SOFT
from .content import norms
from .contents import read, write
from .controllers import drive
from .dntm_heads import heads_at, parameters, point
from .jit import ONE, ZERO, kernel, sigmoid
from .linear import matmul
from .ntm_heads import address_at
from .recency import candidate, candidate_vjp, overwrite

CHUNK = 8
"""Samples that go through a step together."""
EVERY = 7
"""Steps between two memories that are kept."""


class Trace(NamedTuple):
    """A rollout: states lead with T + 1 (the first is what it started from), the rest with T.

    `heads`, `gates_TBQ`, `mix_TBP` and `log_TBPV` lead with 1 where no gradient is asked for.
    `gate_TBP` and `shown_TBPW` are the input's share of a candidate's gate and of the candidate.
    """

    input_TBG: Any
    gate_TBP: Any
    shown_TBPW: Any
    gates_TBQ: Any
    cell_TBC: Any
    hidden_TBC: Any
    read_TBR: Any
    write_heads: Any
    write_address: Any
    write_draws_TBPU: Any
    write_recent_TBPM: Any
    read_heads: Any
    read_address: Any
    read_draws_TBRU: Any
    read_recent_TBRM: Any
    erase_TBPV: Any
    add_TBPV: Any
    mix_TBP: Any
    log_TBPV: Any
    rows_BVM: Any
    kept_EBVM: Any


@kernel
def forward(
    controller: int, kind: int, options: Any, weights: Any, trace: Any, begin: int, end: int
) -> None:
    """Fills the trace for the samples from `begin` to `end`."""
    steps, _, columns = trace.input_TBG.shape
    size = weights.interface_bias_I.shape[0]
    _, width, rows = trace.rows_BVM.shape
    reads = trace.read_draws_TBRU.shape[2]
    writes = trace.write_draws_TBPU.shape[2]
    total, changed = writes + reads, 2 * writes * trace.shown_TBPW.shape[3]
    fed_BG = np.empty((CHUNK, columns), np.float32)
    recurrent_BG = np.empty((CHUNK, columns), np.float32)
    raw_BI = np.empty((CHUNK, size), np.float32)
    norm_BM = np.empty((CHUNK, rows), np.float32)
    for first in range(begin, end, CHUNK):
        last = min(first + CHUNK, end)
        count = last - first
        raw, norm, memory = raw_BI[:count], norm_BM[:count], trace.rows_BVM[first:last]
        norms(memory, norm)
        for t in range(steps):
            kept = t % len(trace.gates_TBQ)
            hidden = trace.hidden_TBC[t + 1, first:last]
            drive(
                controller, weights.controller, trace.input_TBG[t, first:last],
                trace.read_TBR[t, first:last], trace.hidden_TBC[t, first:last],
                trace.cell_TBC[t, first:last], fed_BG[:count], recurrent_BG[:count],
                trace.gates_TBQ[kept, first:last], trace.cell_TBC[t + 1, first:last], hidden,
            )  # fmt: skip
            for b in range(count):
                for i in range(size):
                    raw[b, i] = weights.interface_bias_I[i]
            matmul(hidden, weights.interface_CI, raw)
            erase, add = trace.erase_TBPV[t, first:last], trace.add_TBPV[t, first:last]
            changes(
                raw, total * (width + 1), options, trace.gate_TBP[t, first:last],
                trace.shown_TBPW[t, first:last], trace.mix_TBP[kept, first:last], erase, add,
            )  # fmt: skip
            if t % EVERY == 0 and len(trace.kept_EBVM):
                trace.kept_EBVM[t // EVERY, first:last] = memory
            heads = heads_at(trace.write_heads, kept, first, last)
            address = address_at(trace.write_address, t, first, last)
            parameters(raw, 0, total, changed, options, heads)
            point(
                kind, options, memory, norm, trace.write_recent_TBPM[t, first:last],
                trace.write_draws_TBPU[t, first:last], heads,
                trace.write_recent_TBPM[t + 1, first:last], address,
            )  # fmt: skip
            log = trace.log_TBPV[t % len(trace.log_TBPV), first:last]
            if not options.read_first:
                put(kind, memory, address, erase, add, norm, log)
            heads = heads_at(trace.read_heads, kept, first, last)
            where = address_at(trace.read_address, t, first, last)
            parameters(raw, writes, total, changed, options, heads)
            point(
                kind, options, memory, norm, trace.read_recent_TBRM[t, first:last],
                trace.read_draws_TBRU[t, first:last], heads,
                trace.read_recent_TBRM[t + 1, first:last], where,
            )  # fmt: skip
            found = trace.read_TBR[t + 1, first:last].reshape(count, reads, width)
            read(memory, where.weights_BHN, where.slot_BH, found)
            if options.read_first:
                put(kind, memory, address, erase, add, norm, log)


@kernel
def put(
    kind: int, rows_BVM: Any, address: Any, erase_BPV: Any, add_BPV: Any, norm_BM: Any, log_BPV: Any
) -> None:
    """Write in place: every row, or one that is logged; the norms follow."""
    if kind == SOFT:
        write(rows_BVM, address.weights_BHN, address.slot_BH, erase_BPV, add_BPV, rows_BVM)
        norms(rows_BVM, norm_BM)
    else:
        overwrite(rows_BVM, address.slot_BH, erase_BPV, add_BPV, norm_BM, log_BPV)


@kernel
def changes(
    raw_BI: Any,
    start: int,
    options: Any,
    gate_BP: Any,
    shown_BPW: Any,
    mix_BP: Any,
    erase_BPV: Any,
    add_BPV: Any,
) -> None:
    """Erase and candidate vectors from the columns from `start` on; nothing for the address.

    The hidden state's share of the gates α is the last columns; there are none where the candidate
    is not gated, and `shown_BPW` is zero.
    """
    batch, heads, width = shown_BPW.shape
    address = erase_BPV.shape[2] - width
    gated = raw_BI.shape[1] - heads
    for b in range(batch):
        for p in range(heads):
            mix_BP[b, p] = sigmoid(raw_BI[b, gated + p] + gate_BP[b, p])
            for v in range(address):
                erase_BPV[b, p, v] = ZERO
                add_BPV[b, p, v] = ZERO
            for w in range(width):
                erase_BPV[b, p, address + w] = sigmoid(raw_BI[b, start + p * width + w])
    candidate(raw_BI, start + heads * width, mix_BP, shown_BPW, options.bent, add_BPV)


@kernel
def changes_vjp(
    start: int,
    gated: bool,
    options: Any,
    shown_BPW: Any,
    mix_BP: Any,
    erase_BPV: Any,
    add_BPV: Any,
    grad_erase_BPV: Any,
    grad_add_BPV: Any,
    grad_raw_BI: Any,
    grad_gate_BP: Any,
    grad_shown_BPW: Any,
) -> None:
    """Sets their columns of the raw interface's gradient, and those of the input's shares."""
    batch, heads, width = shown_BPW.shape
    address = erase_BPV.shape[2] - width
    grad_gate_BP.fill(ZERO)
    grad_shown_BPW.fill(ZERO)
    for b in range(batch):
        for p in range(heads):
            for w in range(width):
                erase = erase_BPV[b, p, address + w]
                grad = grad_erase_BPV[b, p, address + w] * erase * (ONE - erase)
                grad_raw_BI[b, start + p * width + w] = grad
                grad_raw_BI[b, start + (heads + p) * width + w] = ZERO
    candidate_vjp(
        start + heads * width, mix_BP, shown_BPW, options.bent, add_BPV, grad_add_BPV,
        grad_raw_BI, grad_gate_BP, grad_shown_BPW,
    )  # fmt: skip
    if gated:
        size = grad_raw_BI.shape[1]
        for b in range(batch):
            for p in range(heads):
                mix = mix_BP[b, p]
                grad_gate_BP[b, p] *= mix * (ONE - mix)
                grad_raw_BI[b, size - heads + p] = grad_gate_BP[b, p]
