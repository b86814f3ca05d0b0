"""The DNC over a whole sequence, for a range of samples: forward.

The contents of memory, and links where every slot is written, are kept every few steps and rebuilt
in between from what was written; links of chosen slots are restored from a log (undo.py).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..choices.dispatch import choose, reach_every_slot
from ..columns import take, take_sigmoid, take_softmax
from ..compiler.jit import kernel, part
from ..controller_step import controller_step
from ..linear import matmul, norms
from ..links import forward_backward, link, mix_read_modes, precedence
from ..memory import read, write
from ..slices import at, copy
from ..undo import replace_links
from ..usage import deallocate, retention, usage
from .dnc_allocation import write_weightings
from .dnc_heads import content_weightings, head_parameters

EVERY = 7
"""Steps between two states of memory and links that are kept."""
_CHUNK, _LINKS = 8, 1 << 18
"""Samples that go through a step together, fewer where their links would leave the caches."""


class Trace(NamedTuple):
    """A rollout: states lead with T + 1 (the first is what it started from), the rest with T.

    What only the backward pass needs leads with 1 where no gradient is asked for.
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
    allocation: Any
    following: Any
    erase_TBPW: Any
    add_TBPW: Any
    usage_TBN: Any
    precedence_TBPN: Any
    memory_BWN: Any
    kept_TBWN: Any
    link_BPNN: Any
    kept_link_TBPNN: Any
    row_TBPN: Any
    column_TBPN: Any


@kernel
def chunk_of(heads: int, slots: int) -> int:
    """How many samples go through a step together."""
    return max(1, min(_CHUNK, _LINKS // (heads * slots * slots)))


@kernel
def forward(
    controller: int, choice: Any, columns: Any, options: Any, weights: Any, trace: Any,
    begin: int, end: int,
) -> None:  # fmt: skip
    """Fills the trace for the samples from `begin` to `end`."""
    steps, _, gates = trace.input_TBG.shape
    units, size = weights.interface_CI.shape
    _, width, slots = trace.memory_BWN.shape
    writes = trace.write_draws_TBPU.shape[2]
    chunk = chunk_of(writes, slots)
    fed = np.empty((chunk, gates), np.float32)
    recurrent = np.empty((chunk, gates), np.float32)
    seen = np.empty((chunk, units), np.float32)
    raw = np.empty((chunk, size), np.float32)
    norm = np.empty((chunk, slots), np.float32)
    scratch_N = np.empty(slots, np.float32)
    for first in range(begin, end, chunk):
        last = min(first + chunk, end)
        count = last - first
        norms(trace.memory_BWN[first:last], norm[:count])
        for t in range(steps):
            kept = t % len(trace.gates_TBQ)
            hidden = trace.hidden_TBC[t + 1, first:last]
            controller_step(
                controller, weights.controller, trace.input_TBG[t, first:last],
                trace.read_TBO[t, first:last], trace.hidden_TBC[t, first:last],
                trace.cell_TBC[t, first:last], fed[:count], recurrent[:count],
                trace.gates_TBQ[kept, first:last], trace.cell_TBC[t + 1, first:last], hidden,
            )  # fmt: skip
            clamp(hidden, options.clip, seen)
            for b in range(count):
                for i in range(size):
                    raw[b, i] = weights.interface_bias_I[i]
            matmul(seen[:count], weights.interface_CI, raw[:count])
            if t % EVERY == 0 and len(trace.kept_TBWN):
                copy(trace.memory_BWN[first:last], trace.kept_TBWN[t // EVERY, first:last])
                if options.links and not choice.one_slot:
                    copy(trace.link_BPNN[first:last], trace.kept_link_TBPNN[t // EVERY, first:last])
            write_step(
                choice, columns, options, trace, t, kept, first, last, raw[:count], norm[:count],
                scratch_N,
            )  # fmt: skip
            read_step(
                choice, columns, options, trace, t, kept, first, last, raw[:count], norm[:count]
            )


@kernel
def clamp(hidden_BC: Any, clip: Any, out_BC: Any) -> None:
    """What the memory sees of the controller."""
    batch, units = hidden_BC.shape
    for b in range(batch):
        for c in range(units):
            out_BC[b, c] = min(max(hidden_BC[b, c], -clip), clip)


@part
def write_step(
    choice: Any, columns: Any, options: Any, trace: Any, t: int, kept: int, first: int, last: int,
    raw: Any, norm: Any, scratch_N: Any,
) -> None:  # fmt: skip
    """Finds where to write, writes, and links what is written to what was written before."""
    heads = at(trace.write_heads, kept, first, last)
    found = at(trace.allocation, kept, first, last)
    address = at(trace.write_address, t + 1, first, last)
    memory, used = trace.memory_BWN[first:last], trace.usage_TBN[t + 1, first:last]
    erase, add = trace.erase_TBPW[t, first:last], trace.add_TBPW[t, first:last]
    batch, writes, width = erase.shape
    head_parameters(raw, columns.write_key, columns.write_strength, options.least_strength, heads)
    take_sigmoid(raw, columns.erase, erase.reshape(batch, writes * width))
    take(raw, columns.add, add.reshape(batch, writes * width))
    take_sigmoid(raw, columns.free, found.free_BR)
    take_sigmoid(raw, columns.allocation_gate, found.allocation_gate_BP)
    take_sigmoid(raw, columns.write_gate, found.write_gate_BP)
    retention(found.free_BR, trace.read_address.weights_BHN[t, first:last], found.retention_BN)
    usage(
        trace.usage_TBN[t, first:last], trace.write_address.weights_BHN[t, first:last],
        found.retention_BN, used,
    )  # fmt: skip
    content_weightings(memory, norm, heads)
    write_weightings(
        used, heads.content_BHN, found.allocation_gate_BP, found.write_gate_BP,
        options.usage_floor, found.used_BPN, found.order_BPN, found.allocation_BPN,
        heads.weighting_BHN, scratch_N,
    )  # fmt: skip
    choose(choice, heads.weighting_BHN, trace.write_draws_TBPU[t, first:last], address)
    reach_every_slot(choice, erase, add, address.slot_BH)
    if options.deallocation:
        deallocate(memory, found.retention_BN, memory)
    write(memory, address.weights_BHN, address.slot_BH, erase, add, memory)
    norms(memory, norm)
    if options.links:
        last_written = trace.precedence_TBPN[t, first:last]
        links = trace.link_BPNN[first:last]
        if choice.one_slot:
            replace_links(
                links, last_written, address.weights_BHN, address.slot_BH,
                trace.row_TBPN[kept, first:last], trace.column_TBPN[kept, first:last],
            )  # fmt: skip
        else:
            link(links, last_written, address.weights_BHN, links, scratch_N)
        precedence(last_written, address.weights_BHN, trace.precedence_TBPN[t + 1, first:last])


@part
def read_step(
    choice: Any, columns: Any, options: Any, trace: Any, t: int, kept: int, first: int, last: int,
    raw: Any, norm: Any,
) -> None:  # fmt: skip
    """Reads by content and along the links."""
    heads = at(trace.read_heads, kept, first, last)
    address = at(trace.read_address, t + 1, first, last)
    before = at(trace.read_address, t, first, last)
    memory = trace.memory_BWN[first:last]
    batch, reads, width = heads.key_BHW.shape
    head_parameters(raw, columns.read_key, columns.read_strength, options.least_strength, heads)
    content_weightings(memory, norm, heads)
    weighting = heads.content_BHN
    if options.links:
        follow = at(trace.following, kept, first, last)
        take_softmax(raw, columns.modes, follow.modes_BRM)
        forward_backward(
            trace.link_BPNN[first:last], before.weights_BHN, before.slot_BH,
            follow.forward_BRPN, follow.backward_BRPN,
        )  # fmt: skip
        weighting = heads.weighting_BHN
        mix_read_modes(
            follow.modes_BRM, follow.backward_BRPN, heads.content_BHN, follow.forward_BRPN,
            weighting,
        )  # fmt: skip
    choose(choice, weighting, trace.read_draws_TBRU[t, first:last], address)
    read(
        memory, address.weights_BHN, address.slot_BH,
        trace.read_TBO[t + 1, first:last].reshape(batch, reads, width),
    )  # fmt: skip
