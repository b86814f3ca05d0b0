"""The NTM over a whole sequence, for a range of samples: forward, and backward by replay.

Memory is kept every few steps and rebuilt in between from what was written. The equations are in
ntm_heads.py, content.py, location.py, contents.py and choice.py; rollouts/ntm.py is the torch side.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .content import norms
from .contents import read, write
from .controllers import drive
from .jit import ONE, kernel, sigmoid
from .linear import matmul
from .ntm_heads import address_at, heads_at, parameters, point

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
    read_TBR: Any
    write_heads: Any
    write_address: Any
    write_draws_TBPU: Any
    read_heads: Any
    read_address: Any
    read_draws_TBRU: Any
    erase_TBPW: Any
    add_TBPW: Any
    memory_BWN: Any
    kept_EBWN: Any


class Gradients(NamedTuple):
    """Those that come in (of outputs and the last state), and those that go out.

    Weights' gradients come in where `weights_TBHN` leads with T; otherwise there are none. Those of
    the state come in for the last state and go out for the first.
    """

    hidden_TBC: Any
    read_TBR: Any
    write_weights_TBPN: Any
    write_log_prob_TBP: Any
    write_entropy_TBP: Any
    read_weights_TBRN: Any
    read_log_prob_TBR: Any
    read_entropy_TBR: Any
    fed_TBG: Any
    recurrent_TBG: Any
    interface_TBI: Any
    cell_BC: Any
    hidden_BC: Any
    hidden_now_BC: Any
    read_BR: Any
    memory_BWN: Any
    write_weights_BPN: Any
    read_weights_BRN: Any


@kernel
def forward(
    controller: int, kind: int, read_first: bool, weights: Any, trace: Any, begin: int, end: int
) -> None:
    """Fills the trace for the samples from `begin` to `end`."""
    steps, _, columns = trace.input_TBG.shape
    size = weights.interface_bias_I.shape[0]
    _, width, slots = trace.memory_BWN.shape
    reads = trace.read_draws_TBRU.shape[2]
    fed_BG = np.empty((CHUNK, columns), np.float32)
    recurrent_BG = np.empty((CHUNK, columns), np.float32)
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
            erase, add = trace.erase_TBPW[t, first:last], trace.add_TBPW[t, first:last]
            changes(raw, erase, add)
            if t % EVERY == 0 and len(trace.kept_EBWN):
                trace.kept_EBWN[t // EVERY, first:last] = memory
            heads = heads_at(trace.write_heads, kept, first, last)
            address = address_at(trace.write_address, t + 1, first, last)
            before = trace.write_address.weights_BHN[t, first:last]
            total = reads + address.slot_BH.shape[1]
            parameters(raw, 0, total, heads)
            draws = trace.write_draws_TBPU[t, first:last]
            point(kind, memory, norm, before, draws, heads, address)
            if not read_first:
                write(memory, address.weights_BHN, address.slot_BH, erase, add, memory)
                norms(memory, norm)
            look = heads_at(trace.read_heads, kept, first, last)
            where = address_at(trace.read_address, t + 1, first, last)
            before = trace.read_address.weights_BHN[t, first:last]
            parameters(raw, total - reads, total, look)
            draws = trace.read_draws_TBRU[t, first:last]
            point(kind, memory, norm, before, draws, look, where)
            found = trace.read_TBR[t + 1, first:last].reshape(count, reads, width)
            read(memory, where.weights_BHN, where.slot_BH, found)
            if read_first:
                write(memory, address.weights_BHN, address.slot_BH, erase, add, memory)
                norms(memory, norm)


@kernel
def changes(raw_BI: Any, erase_BPW: Any, add_BPW: Any) -> None:
    """Erase and add vectors, the last columns of the raw interface (NTM, section 3.2)."""
    batch, heads, width = erase_BPW.shape
    start = raw_BI.shape[1] - 2 * heads * width
    for b in range(batch):
        for p in range(heads):
            for w in range(width):
                erase_BPW[b, p, w] = sigmoid(raw_BI[b, start + p * width + w])
                add_BPW[b, p, w] = raw_BI[b, start + (heads + p) * width + w]


@kernel
def changes_vjp(erase_BPW: Any, grad_erase_BPW: Any, grad_add_BPW: Any, grad_raw_BI: Any) -> None:
    """Sets their columns of the raw interface's gradient."""
    batch, heads, width = erase_BPW.shape
    start = grad_raw_BI.shape[1] - 2 * heads * width
    for b in range(batch):
        for p in range(heads):
            for w in range(width):
                erase = erase_BPW[b, p, w]
                grad = grad_erase_BPW[b, p, w] * erase * (ONE - erase)
                grad_raw_BI[b, start + p * width + w] = grad
                grad_raw_BI[b, start + (heads + p) * width + w] = grad_add_BPW[b, p, w]
