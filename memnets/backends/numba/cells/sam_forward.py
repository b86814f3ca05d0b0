"""SAM over a whole sequence, for a range of samples: forward, and backward by undoing or replay.

Where few slots are written, their rows are logged, written in place and restored on the way back,
bit for bit. Where every slot is, contents are kept every few steps and rebuilt in between.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..choices.dispatch import choose
from ..compiler.jit import ONE, kernel
from ..content import content
from ..controller_step import controller_step
from ..linear import matmul, norms
from ..memory import read
from ..rows import log_rows, read_rows
from ..slices import at, copy
from ..sparse import add, clear, discounted_access, last_access, least_used, write_address
from ..undo import norms_of
from .sam_heads import accessed, head_parameters, name_slots, write_every_slot_of_nan

CHUNK = 8
"""Samples that go through a step together."""
EVERY = 7
"""Steps between two memories that are kept."""


class Trace(NamedTuple):
    """A rollout: states lead with T + 1 (the first is what it started from), the rest with T.

    `heads` and `gates_TBQ` lead with 1 where no gradient is asked for. `named_TBHK` are the weights
    of the slots that sparse addresses name; P in the log counts the places of all heads. Usage,
    time and memory are those of the present step, `touched_BN` is one where a slot was accessed.
    """

    input_TBG: Any
    gates_TBQ: Any
    cell_TBC: Any
    hidden_TBC: Any
    read_TBO: Any
    heads: Any
    write: Any
    read_address: Any
    read_draws_TBHU: Any
    named_TBHK: Any
    usage_BN: Any
    time_B: Any
    touched_BN: Any
    memory_BWN: Any
    kept_TBWN: Any
    log_TBPW: Any


@kernel
def forward(
    controller: int, choice: Any, columns: Any, options: Any, weights: Any, trace: Any,
    begin: int, end: int,
) -> None:  # fmt: skip
    """Fills the trace for the samples from `begin` to `end`."""
    steps, _, gates = trace.input_TBG.shape
    size = weights.interface_bias_I.shape[0]
    slots = trace.memory_BWN.shape[2]
    fed_BG = np.empty((CHUNK, gates), np.float32)
    recurrent_BG = np.empty((CHUNK, gates), np.float32)
    raw_BI = np.empty((CHUNK, size), np.float32)
    norm_BN = np.empty((CHUNK, slots), np.float32)
    accessed_BN = np.empty((CHUNK, slots), np.float32)
    for first in range(begin, end, CHUNK):
        last = min(first + CHUNK, end)
        count = last - first
        raw, norm = raw_BI[:count], norm_BN[:count]
        norms(trace.memory_BWN[first:last], norm)
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
            heads = at(trace.heads, kept, first, last)
            head_parameters(raw, columns, options, heads)
            write_step(choice, options, trace, t, kept, first, last, heads, norm)
            read_step(choice, options, trace, t, first, last, heads, norm)
            use_step(options, trace, t, first, last, accessed_BN[:count])


@kernel
def read_weights(options: Any, trace: Any, t: int, first: int, last: int) -> Any:
    """The weights of the reads before step t, of the named slots or of all."""
    if options.named:
        return trace.named_TBHK[t, first:last]
    return trace.read_address.weights_BHN[t, first:last]


@kernel
def write_step(
    choice: Any, options: Any, trace: Any, t: int, kept: int, first: int, last: int,
    heads: Any, norm: Any,
) -> None:  # fmt: skip
    """Writes in place, after the contents or the rows that change were kept; `norm` follows."""
    memory, write = trace.memory_BWN[first:last], at(trace.write, t, first, last)
    least_used(trace.usage_BN[first:last], heads.least_BH)
    write_address(
        read_weights(options, trace, t, first, last),
        trace.read_address.slots_BHK[t, first:last], heads.least_BH,
        heads.write_gate_BH, heads.read_gate_BH, write.weights_BHZ, write.slots_BHE,
    )  # fmt: skip
    if not options.named:
        write_every_slot_of_nan(heads, write.slots_BHE)
    if t % EVERY == 0 and len(trace.kept_TBWN):
        copy(memory, trace.kept_TBWN[t // EVERY, first:last])
    batch, group, places = write.slots_BHE.shape
    slots_BP = write.slots_BHE.reshape(batch, group * places)
    if len(trace.log_TBPW):
        log_rows(memory, slots_BP, trace.log_TBPW[t, first:last])
    clear(memory, heads.least_BH)
    add(memory, write.weights_BHZ, write.slots_BHE, options.named, heads.add_BHW)
    if options.named or choice.one_slot:
        norms_of(memory, slots_BP, norm)
    else:
        norms(memory, norm)


@kernel
def read_step(
    choice: Any, options: Any, trace: Any, t: int, first: int, last: int, heads: Any, norm: Any
) -> None:
    """Looks up by content and reads."""
    memory, address = trace.memory_BWN[first:last], at(trace.read_address, t + 1, first, last)
    batch, group, width = heads.query_BHW.shape
    content(
        memory, norm, heads.query_BHW, heads.strength_BH, heads.key_norm_BH, heads.cosine_BHN,
        heads.weighting_BHN,
    )  # fmt: skip
    choose(choice, heads.weighting_BHN, trace.read_draws_TBHU[t, first:last], address)
    found = trace.read_TBO[t + 1, first:last].reshape(batch, group, width)
    if options.named:
        named = trace.named_TBHK[t + 1, first:last]
        name_slots(address, named)
        read_rows(memory, named, address.slots_BHK, found)
    else:
        read(memory, address.weights_BHN, address.slot_BH, found)


@kernel
def use_step(options: Any, trace: Any, t: int, first: int, last: int, accessed_BN: Any) -> None:
    """Usage and time after the accesses of a step."""
    usage, time = trace.usage_BN[first:last], trace.time_B[first:last]
    accessed(
        at(trace.write, t, first, last), read_weights(options, trace, t + 1, first, last),
        trace.read_address.slots_BHK[t + 1, first:last], options.named, accessed_BN,
    )  # fmt: skip
    for b in range(len(time)):
        time[b] += ONE
    if options.discounted:
        discounted_access(usage, accessed_BN, options.decay)
    else:
        last_access(usage, accessed_BN, time, options.threshold, trace.touched_BN[first:last])
