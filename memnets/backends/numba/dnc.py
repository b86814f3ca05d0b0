"""The DNC over a whole sequence, for a range of samples: forward.

Memory and soft links are kept every few steps and rebuilt in between from what was written; links
of chosen slots are rolled back from a log of the rows and columns that were replaced. Equations are
in usage.py, allocation.py, links.py, follow.py, content.py, contents.py and choice.py, groups of
heads in dnc_heads.py; rollouts/dnc.py is the torch side.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .allocation import write_weightings
from .choice import SOFT
from .content import norms
from .contents import read, write
from .controllers import drive
from .dnc_heads import (
    address_at,
    allocation_at,
    following_at,
    heads_at,
    keys,
    look,
    point,
    read_modes,
    squash,
)
from .follow import forward_backward, mix_read_modes
from .jit import kernel, part
from .linear import matmul
from .links import copy, copy_links, link, precedence, relink
from .usage import deallocate, retention, usage

EVERY = 7
"""Steps between two states of memory and links that are kept."""
_CHUNK, _LINKS = 8, 1 << 18
"""Samples that go through a step together, fewer where their links would leave the caches."""


class Trace(NamedTuple):
    """A rollout: states lead with T + 1 (the first is what it started from), the rest with T.

    What only the way back needs leads with 1 where no gradient is asked for.
    """

    input_TBG: Any
    gates_TBQ: Any
    cell_TBC: Any
    hidden_TBC: Any
    read_TBR: Any
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
    kept_EBWN: Any
    link_BPNN: Any
    kept_link_EBPNN: Any
    row_TBPN: Any
    column_TBPN: Any


@kernel
def chunk_of(heads: int, slots: int) -> int:
    """How many samples go through a step together."""
    return max(1, min(_CHUNK, _LINKS // (heads * slots * slots)))


@kernel
def forward(
    controller: int, kind: int, options: Any, weights: Any, trace: Any, begin: int, end: int
) -> None:
    """Fills the trace for the samples from `begin` to `end`."""
    steps, _, columns = trace.input_TBG.shape
    units, size = weights.interface_CI.shape
    _, width, slots = trace.memory_BWN.shape
    writes = trace.write_draws_TBPU.shape[2]
    chunk = chunk_of(writes, slots)
    fed = np.empty((chunk, columns), np.float32)
    recurrent = np.empty((chunk, columns), np.float32)
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
            drive(
                controller, weights.controller, trace.input_TBG[t, first:last],
                trace.read_TBR[t, first:last], trace.hidden_TBC[t, first:last],
                trace.cell_TBC[t, first:last], fed[:count], recurrent[:count],
                trace.gates_TBQ[kept, first:last], trace.cell_TBC[t + 1, first:last], hidden,
            )  # fmt: skip
            clamp(hidden, options.clip, seen)
            for b in range(count):
                for i in range(size):
                    raw[b, i] = weights.interface_bias_I[i]
            matmul(seen[:count], weights.interface_CI, raw[:count])
            if t % EVERY == 0 and len(trace.kept_EBWN):
                copy(trace.memory_BWN[first:last], trace.kept_EBWN[t // EVERY, first:last])
                if options.links and kind == SOFT:
                    kept_links = trace.kept_link_EBPNN[t // EVERY, first:last]
                    copy_links(trace.link_BPNN[first:last], kept_links)
            remember(
                kind, options, trace, t, kept, first, last, raw[:count], norm[:count], scratch_N
            )
            recall(kind, options, trace, t, kept, first, last, raw[:count], norm[:count])


@kernel
def clamp(hidden_BC: Any, clip: Any, out_BC: Any) -> None:
    """What the memory sees of the controller."""
    batch, units = hidden_BC.shape
    for b in range(batch):
        for c in range(units):
            out_BC[b, c] = min(max(hidden_BC[b, c], -clip), clip)


@kernel
def columns_of(writes: int, reads: int, width: int) -> Any:
    """Where the raw interface holds write keys, erase, add, free, the two gates and modes."""
    write = reads * (width + 1)
    erase = write + writes * (width + 1)
    add = erase + writes * width
    free = add + writes * width
    allocate = free + reads
    return write, erase, add, free, allocate, allocate + writes, allocate + 2 * writes


@part
def remember(
    kind: int, options: Any, trace: Any, t: int, kept: int, first: int, last: int,
    raw: Any, norm: Any, scratch_N: Any,
) -> None:  # fmt: skip
    """Finds where to write, writes, and links what is written to what was."""
    heads = heads_at(trace.write_heads, kept, first, last)
    found = allocation_at(trace.allocation, kept, first, last)
    address = address_at(trace.write_address, t + 1, first, last)
    memory, used = trace.memory_BWN[first:last], trace.usage_TBN[t + 1, first:last]
    erase, add = trace.erase_TBPW[t, first:last], trace.add_TBPW[t, first:last]
    _, writes, width = erase.shape
    start, at_erase, at_add, free, allocate, gate, _ = columns_of(
        writes, found.free_BR.shape[1], width
    )
    keys(raw, start, options.least, heads)
    squash(raw, at_erase, erase.reshape(last - first, writes * width))
    for b in range(last - first):
        for p in range(writes):
            for w in range(width):
                add[b, p, w] = raw[b, at_add + p * width + w]
    squash(raw, free, found.free_BR)
    squash(raw, allocate, found.allocation_gate_BP)
    squash(raw, gate, found.write_gate_BP)
    retention(found.free_BR, trace.read_address.weights_BHN[t, first:last], found.retention_BN)
    usage(
        trace.usage_TBN[t, first:last], trace.write_address.weights_BHN[t, first:last],
        found.retention_BN, used,
    )  # fmt: skip
    look(memory, norm, heads)
    write_weightings(
        used, heads.content_BHN, found.allocation_gate_BP, found.write_gate_BP, options.floor,
        found.used_BPN, found.order_BPN, found.allocation_BPN, heads.weighting_BHN, scratch_N,
    )  # fmt: skip
    point(kind, heads.weighting_BHN, trace.write_draws_TBPU[t, first:last], address)
    if options.deallocation:
        deallocate(memory, found.retention_BN, memory)
    write(memory, address.weights_BHN, address.slot_BH, erase, add, memory)
    norms(memory, norm)
    if options.links:
        last_written = trace.precedence_TBPN[t, first:last]
        links = trace.link_BPNN[first:last]
        if kind == SOFT:
            link(links, last_written, address.weights_BHN, links, scratch_N)
        else:
            relink(
                links, last_written, address.slot_BH,
                trace.row_TBPN[kept, first:last], trace.column_TBPN[kept, first:last],
            )  # fmt: skip
        precedence(last_written, address.weights_BHN, trace.precedence_TBPN[t + 1, first:last])


@part
def recall(
    kind: int, options: Any, trace: Any, t: int, kept: int, first: int, last: int,
    raw: Any, norm: Any,
) -> None:  # fmt: skip
    """Reads by content and along the links."""
    heads = heads_at(trace.read_heads, kept, first, last)
    address = address_at(trace.read_address, t + 1, first, last)
    before = address_at(trace.read_address, t, first, last)
    memory = trace.memory_BWN[first:last]
    batch, reads, width = heads.key_BHW.shape
    keys(raw, 0, options.least, heads)
    look(memory, norm, heads)
    weighting = heads.content_BHN
    if options.links:
        follow = following_at(trace.following, kept, first, last)
        writes = follow.forward_BRPN.shape[2]
        read_modes(raw, columns_of(writes, reads, width)[6], follow.modes_BRM)
        forward_backward(
            trace.link_BPNN[first:last], before.weights_BHN, before.slot_BH,
            follow.forward_BRPN, follow.backward_BRPN,
        )  # fmt: skip
        weighting = heads.weighting_BHN
        mix_read_modes(
            follow.modes_BRM, follow.backward_BRPN, heads.content_BHN, follow.forward_BRPN,
            weighting,
        )  # fmt: skip
    point(kind, weighting, trace.read_draws_TBRU[t, first:last], address)
    read(
        memory, address.weights_BHN, address.slot_BH,
        trace.read_TBR[t + 1, first:last].reshape(batch, reads, width),
    )  # fmt: skip
