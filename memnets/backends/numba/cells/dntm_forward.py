"""The D-NTM over a whole sequence, for a range of samples.

A row is [address ; content], so that scoring and reading are those of any memory: every sample has
its own copy of the learned addresses, which writes leave alone. Where there is a no-op, it is the
last row.

Where every row is written, rows are kept every few steps and rebuilt in between from what was
written. A write at a chosen slot changes one row in place and logs it, and the backward pass
restores it bit for bit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..choices.dispatch import reach_every_slot
from ..compiler.jit import kernel
from ..controller_step import controller_step
from ..linear import matmul, norms
from ..memory import read
from ..slices import at, copy
from .dntm_heads import head_addresses, head_parameters
from .dntm_write import write_in_place, write_vectors

CHUNK = 8
"""Samples that go through a step together."""
EVERY = 7
"""Steps between two memories that are kept."""


class Trace(NamedTuple):
    """A rollout: states lead with T + 1 (the first is what it started from), the rest with T.

    `heads`, `gates_TBQ`, `candidate_gate_TBP` and `log_TBPV` lead with 1 where no gradient is
    asked for. `gate_input_TBP` and `from_input_TBPW` are the input's share of the candidate's gate
    and of the candidate.
    """

    input_TBG: Any
    gate_input_TBP: Any
    from_input_TBPW: Any
    gates_TBQ: Any
    cell_TBC: Any
    hidden_TBC: Any
    read_TBO: Any
    write_heads: Any
    write_address: Any
    write_draws_TBPU: Any
    write_recent_TBPN: Any
    read_heads: Any
    read_address: Any
    read_draws_TBRU: Any
    read_recent_TBRN: Any
    erase_TBPV: Any
    add_TBPV: Any
    candidate_gate_TBP: Any
    log_TBPV: Any
    rows_BVN: Any
    kept_TBVN: Any


@kernel
def forward(
    controller: int, choice: Any, columns: Any, options: Any, weights: Any, trace: Any,
    begin: int, end: int,
) -> None:  # fmt: skip
    """Fills the trace for the samples from `begin` to `end`."""
    steps, _, gates = trace.input_TBG.shape
    size = weights.interface_bias_I.shape[0]
    _, width, rows = trace.rows_BVN.shape
    reads = trace.read_draws_TBRU.shape[2]
    writes = trace.write_draws_TBPU.shape[2]
    fed_BG = np.empty((CHUNK, gates), np.float32)
    recurrent_BG = np.empty((CHUNK, gates), np.float32)
    raw_BI = np.empty((CHUNK, size), np.float32)
    norm_BN = np.empty((CHUNK, rows), np.float32)
    for first in range(begin, end, CHUNK):
        last = min(first + CHUNK, end)
        count = last - first
        raw, norm, memory = raw_BI[:count], norm_BN[:count], trace.rows_BVN[first:last]
        norms(memory, norm)
        for t in range(steps):
            kept = t % len(trace.gates_TBQ)
            hidden = trace.hidden_TBC[t + 1, first:last]
            controller_step(
                controller, weights.controller, trace.input_TBG[t, first:last],
                trace.read_TBO[t, first:last], trace.hidden_TBC[t, first:last],
                trace.cell_TBC[t, first:last], fed_BG[:count], recurrent_BG[:count],
                trace.gates_TBQ[kept, first:last], trace.cell_TBC[t + 1, first:last], hidden,
            )  # fmt: skip
            for b in range(count):
                for i in range(size):
                    raw[b, i] = weights.interface_bias_I[i]
            matmul(hidden, weights.interface_CI, raw)
            erase, add = trace.erase_TBPV[t, first:last], trace.add_TBPV[t, first:last]
            write_vectors(
                raw, columns, options, trace.gate_input_TBP[t, first:last],
                trace.from_input_TBPW[t, first:last], trace.candidate_gate_TBP[kept, first:last],
                erase, add,
            )  # fmt: skip
            if t % EVERY == 0 and len(trace.kept_TBVN):
                copy(memory, trace.kept_TBVN[t // EVERY, first:last])
            heads = at(trace.write_heads, kept, first, last)
            address = at(trace.write_address, t, first, last)
            head_parameters(raw, columns, 0, options, heads)
            head_addresses(
                choice, options, memory, norm, trace.write_recent_TBPN[t, first:last],
                trace.write_draws_TBPU[t, first:last], heads,
                trace.write_recent_TBPN[t + 1, first:last], address,
            )  # fmt: skip
            reach_every_slot(choice, erase, add, address.slot_BH)
            log = trace.log_TBPV[t % len(trace.log_TBPV), first:last]
            if not options.read_first:
                write_in_place(choice, memory, address, erase, add, norm, log)
            read_heads = at(trace.read_heads, kept, first, last)
            read_address = at(trace.read_address, t, first, last)
            head_parameters(raw, columns, writes, options, read_heads)
            head_addresses(
                choice, options, memory, norm, trace.read_recent_TBRN[t, first:last],
                trace.read_draws_TBRU[t, first:last], read_heads,
                trace.read_recent_TBRN[t + 1, first:last], read_address,
            )  # fmt: skip
            found = trace.read_TBO[t + 1, first:last].reshape(count, reads, width)
            read(memory, read_address.weights_BHN, read_address.slot_BH, found)
            if options.read_first:
                write_in_place(choice, memory, address, erase, add, norm, log)
