"""TARDIS over a whole sequence, for a range of samples.

A write to one slot is made in place and logged, and the backward pass restores it bit for bit.
Where every slot is written, as with soft addresses once memory is full, rows are kept every few
steps and rebuilt in between from what was written.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..choices.dispatch import choose
from ..columns import take
from ..compiler.jit import kernel
from ..controller_step import controller_step
from ..linear import matmul
from ..memory import read
from ..scores import additive, avoid, standardised
from ..slices import at, copy
from ..softmax import softmax
from .tardis_write import fill_or_overwrite, overwrite

CHUNK = 8
"""Samples that go through a step together."""
EVERY = 7
"""Steps between two memories that are kept."""


class Columns(NamedTuple):
    """The first column of each parameter in the raw interface, and of the projected content."""

    micro: int
    score: int
    projected: int


class Learned(NamedTuple):
    """What the score has learned: projected keys, what counts weigh, and the vector v."""

    key_FN: Any
    count_F: Any
    vector_F: Any


class Scored(NamedTuple):
    """What a step keeps of its score, with a leading axis of time, or of one step."""

    query_BF: Any
    counts_BN: Any
    deviation_B: Any
    weighting_BRN: Any


class Written(NamedTuple):
    """What a step writes, content and projection, and what the slot held before, likewise."""

    micro_BW: Any
    projected_BF: Any
    log_BW: Any
    log_BF: Any


class Trace(NamedTuple):
    """A rollout: states lead with T + 1 (the first is what it started from), the rest with T.

    `gates_TBQ`, `scored` and `written` lead with 1 where no gradient is asked for. `next_B` is the
    slot to fill in the first step; memory, projections and usage move in place.
    """

    input_TBG: Any
    gates_TBQ: Any
    cell_TBC: Any
    hidden_TBC: Any
    read_TBO: Any
    scored: Any
    written: Any
    write_address: Any
    read_address: Any
    read_draws_TBRU: Any
    next_B: Any
    usage_BN: Any
    memory_BWN: Any
    projected_BFN: Any
    kept_TBWN: Any
    kept_TBFN: Any


@kernel
def forward(
    controller: int, choice: Any, columns: Any, penalty: Any, weights: Any, learned: Any,
    trace: Any, begin: int, end: int,
) -> None:  # fmt: skip
    """Fills the trace for the samples from `begin` to `end`."""
    steps, _, gates = trace.input_TBG.shape
    size = weights.interface_bias_I.shape[0]
    _, width, slots = trace.memory_BWN.shape
    fed_BG = np.empty((CHUNK, gates), np.float32)
    recurrent_BG = np.empty((CHUNK, gates), np.float32)
    raw_BI = np.empty((CHUNK, size), np.float32)
    scores_BN = np.empty((CHUNK, slots), np.float32)
    for first in range(begin, end, CHUNK):
        last = min(first + CHUNK, end)
        count = last - first
        raw, scores = raw_BI[:count], scores_BN[:count]
        memory, projected = trace.memory_BWN[first:last], trace.projected_BFN[first:last]
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
            if t % EVERY == 0 and len(trace.kept_TBWN):
                copy(memory, trace.kept_TBWN[t // EVERY, first:last])
                copy(projected, trace.kept_TBFN[t // EVERY, first:last])
            scored = at(trace.scored, kept, first, last)
            usage = trace.usage_BN[first:last]
            take(raw, columns.score, scored.query_BF)
            standardised(usage, scored.deviation_B, scored.counts_BN)
            additive(
                scored.query_BF, learned.key_FN, projected, learned.count_F, scored.counts_BN,
                learned.vector_F, scores,
            )  # fmt: skip
            before = trace.read_address.weights_BHN[t, first:last].reshape(count, slots)
            avoid(scores, before, penalty, scores)
            softmax(scores, scored.weighting_BRN.reshape(count, slots))
            address = at(trace.read_address, t + 1, first, last)
            choose(choice, scored.weighting_BRN, trace.read_draws_TBRU[t, first:last], address)
            found = trace.read_TBO[t + 1, first:last].reshape(count, 1, width)
            read(memory, address.weights_BHN, address.slot_BH, found)
            usage += address.weights_BHN.reshape(count, slots)
            written = at(trace.written, kept, first, last)
            take(raw, columns.micro, written.micro_BW)
            take(raw, columns.projected, written.projected_BF)
            write = at(trace.write_address, t, first, last)
            fill_or_overwrite(choice, address, trace.next_B[first:last], t, written.micro_BW, write)
            overwrite(memory, write, written.micro_BW, written.log_BW)
            overwrite(projected, write, written.projected_BF, written.log_BF)
