"""The NTM over a whole sequence, for a range of samples: forward, and backward by replay.

The contents of memory are kept every few steps, and rebuilt in between from what was written.
ntm_heads.py puts the equations together for a group of heads.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..choices.dispatch import reach_every_slot
from ..compiler.jit import kernel
from ..controller_step import controller_step
from ..linear import matmul, norms
from ..memory import read, write
from ..slices import at, copy
from .ntm_heads import head_addresses, head_parameters, write_vectors

CHUNK = 8
"""Samples that go through a step together."""
EVERY = 7
"""Steps between two memories that are kept."""


class Trace(NamedTuple):
    """A rollout: states lead with T + 1 (the first is what it started from), the rest with T.

    `heads` and `gates_TBQ` lead with 1 where no gradient is asked for.
    """

    input_TBG: Any
    gates_TBQ: Any
    cell_TBC: Any
    hidden_TBC: Any
    read_TBO: Any
    write_heads: Any
    write_address: Any
    write_draws_TBPU: Any
    read_heads: Any
    read_address: Any
    read_draws_TBRU: Any
    erase_TBPW: Any
    add_TBPW: Any
    memory_BWN: Any
    kept_TBWN: Any


class Gradients(NamedTuple):
    """Those that come in (of outputs and the last state), and those that go out.

    Those of the state come in for the last state and go out for the first.
    """

    hidden_TBC: Any
    read_TBO: Any
    write_address: Any
    read_address: Any
    fed_TBG: Any
    recurrent_TBG: Any
    interface_TBI: Any
    cell_BC: Any
    hidden_BC: Any
    hidden_now_BC: Any
    read_BO: Any
    memory_BWN: Any
    write_weights_BPN: Any
    read_weights_BRN: Any


@kernel
def forward(
    controller: int,
    choice: Any,
    columns: Any,
    read_first: bool,
    weights: Any,
    trace: Any,
    begin: int,
    end: int,
) -> None:
    """Fills the trace for the samples from `begin` to `end`."""
    steps, _, gates = trace.input_TBG.shape
    size = weights.interface_bias_I.shape[0]
    _, width, slots = trace.memory_BWN.shape
    reads, writes = trace.read_draws_TBRU.shape[2], trace.write_draws_TBPU.shape[2]
    fed_BG = np.empty((CHUNK, gates), np.float32)
    recurrent_BG = np.empty((CHUNK, gates), np.float32)
    raw_BI = np.empty((CHUNK, size), np.float32)
    norm_BN = np.empty((CHUNK, slots), np.float32)
    for first in range(begin, end, CHUNK):
        last = min(first + CHUNK, end)
        count = last - first
        raw, norm, memory = raw_BI[:count], norm_BN[:count], trace.memory_BWN[first:last]
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
            erase, add = trace.erase_TBPW[t, first:last], trace.add_TBPW[t, first:last]
            write_vectors(raw, columns, erase, add)
            if t % EVERY == 0 and len(trace.kept_TBWN):
                copy(memory, trace.kept_TBWN[t // EVERY, first:last])
            heads = at(trace.write_heads, kept, first, last)
            address = at(trace.write_address, t + 1, first, last)
            before = trace.write_address.weights_BHN[t, first:last]
            head_parameters(raw, columns, 0, heads)
            draws = trace.write_draws_TBPU[t, first:last]
            head_addresses(choice, memory, norm, before, draws, heads, address)
            reach_every_slot(choice, erase, add, address.slot_BH)
            if not read_first:
                write(memory, address.weights_BHN, address.slot_BH, erase, add, memory)
                norms(memory, norm)
            read_heads = at(trace.read_heads, kept, first, last)
            read_address = at(trace.read_address, t + 1, first, last)
            before = trace.read_address.weights_BHN[t, first:last]
            head_parameters(raw, columns, writes, read_heads)
            draws = trace.read_draws_TBRU[t, first:last]
            head_addresses(choice, memory, norm, before, draws, read_heads, read_address)
            found = trace.read_TBO[t + 1, first:last].reshape(count, reads, width)
            read(memory, read_address.weights_BHN, read_address.slot_BH, found)
            if read_first:
                write(memory, address.weights_BHN, address.slot_BH, erase, add, memory)
                norms(memory, norm)
