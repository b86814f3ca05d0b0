"""The DNC's gradient over a whole sequence, for a range of samples."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .choice import SOFT
from .content import norms
from .contents import write
from .controllers import drive_vjp
from .dnc import EVERY, chunk_of
from .dnc_vjp import Now, recall_vjp, remember_vjp, room_for
from .jit import ZERO, kernel, part
from .linear import matmul
from .links import copy, copy_links, link
from .usage import deallocate


class Gradients(NamedTuple):
    """Those that come in (of outputs and the last state), and those that go out.

    Weights' gradients come in where `weights` lead with T; otherwise there are none. Those of the
    state come in for the last state and go out for the first. `link_now_BPNN` are the links
    themselves, which move back as well where slots are chosen.
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
    usage_BN: Any
    link_BPNN: Any
    precedence_BPN: Any
    write_weights_BPN: Any
    read_weights_BRN: Any
    link_now_BPNN: Any


@kernel
def backward(
    controller: int, kind: int, options: Any, weights: Any, trace: Any, grads: Any,
    begin: int, end: int,
) -> None:  # fmt: skip
    """From the gradients that come in to those that go out, for samples `begin` to `end`."""
    steps = len(trace.input_TBG)
    _, width, slots = trace.memory_BWN.shape
    heads = trace.write_draws_TBPU.shape[2]
    chunk = chunk_of(heads, slots)
    replayed = slots if options.links and kind == SOFT else 0
    memories = np.empty((EVERY + 1, chunk, width, slots), np.float32)
    norm = np.empty((EVERY + 1, chunk, slots), np.float32)
    links = np.empty((EVERY + 1, chunk, heads, replayed, replayed), np.float32)
    for first in range(begin, end, chunk):
        last = min(first + chunk, end)
        count = last - first
        room = room_for(trace, weights.controller, count)
        for start in range((steps - 1) // EVERY * EVERY, -1, -EVERY):
            stop = min(start + EVERY, steps)
            replay(
                kind,
                options,
                trace,
                start,
                stop,
                first,
                last,
                memories,
                norm,
                links,
                room.scratch_3N[0],
            )
            for t in range(stop - 1, start - 1, -1):
                now = Now(
                    memories[t - start, :count], memories[t - start + 1, :count],
                    norm[t - start, :count], norm[t - start + 1, :count],
                    links[t - start, :count], links[t - start + 1, :count],
                )  # fmt: skip
                if kind != SOFT:
                    rolling = grads.link_now_BPNN[first:last]
                    now = Now(
                        now.before_BWN, now.after_BWN, now.norm_before_BN, now.norm_after_BN,
                        rolling, rolling,
                    )  # fmt: skip
                step_vjp(controller, kind, options, weights, trace, grads, now, room, t, first)


@part
def replay(
    kind: int, options: Any, trace: Any, start: int, stop: int, first: int, last: int,
    memories: Any, norm: Any, links: Any, scratch_N: Any,
) -> None:  # fmt: skip
    """Rebuilds memory and soft links before each step from `start` on and after the last."""
    count = last - first
    soft = options.links and kind == SOFT
    copy(trace.kept_EBWN[start // EVERY, first:last], memories[0, :count])
    norms(memories[0, :count], norm[0, :count])
    if soft:
        copy_links(trace.kept_link_EBPNN[start // EVERY, first:last], links[0, :count])
    for t in range(start, stop):
        source, after = memories[t - start, :count], memories[t - start + 1, :count]
        weights = trace.write_address.weights_BHN[t + 1, first:last]
        if options.deallocation:
            deallocate(source, trace.allocation.retention_BN[t, first:last], after)
            source = after
        write(
            source, weights, trace.write_address.slot_BH[t + 1, first:last],
            trace.erase_TBPW[t, first:last], trace.add_TBPW[t, first:last], after,
        )  # fmt: skip
        norms(after, norm[t - start + 1, :count])
        if soft:
            link(
                links[t - start, :count], trace.precedence_TBPN[t, first:last], weights,
                links[t - start + 1, :count], scratch_N,
            )  # fmt: skip


@part
def step_vjp(
    controller: int, kind: int, options: Any, weights: Any, trace: Any, grads: Any,
    now: Any, room: Any, t: int, first: int,
) -> None:  # fmt: skip
    """One step back. Gradients of the state in `grads` move from after the step to before it."""
    last = first + len(now.before_BWN)
    hidden, found = grads.hidden_BC[first:last], grads.read_BR[first:last]
    add(grads.hidden_TBC[t, first:last], hidden)
    add(grads.read_TBR[t, first:last], found)
    if len(grads.write_weights_TBPN):
        plus(grads.write_weights_TBPN[t, first:last], grads.write_weights_BPN[first:last])
        plus(grads.read_weights_TBRN[t, first:last], grads.read_weights_BRN[first:last])
    raw = grads.interface_TBI[t, first:last]
    recall_vjp(kind, options, trace, grads, now, room, t, first, last, raw)
    remember_vjp(kind, options, trace, grads, now, room, t, first, last, raw)
    to_hidden = grads.hidden_now_BC[first:last]
    to_hidden.fill(ZERO)
    matmul(raw, weights.interface_IC, to_hidden)
    seen = trace.hidden_TBC[t + 1, first:last]
    for b in range(last - first):
        for c in range(hidden.shape[1]):
            inside = abs(seen[b, c]) <= options.clip
            to_hidden[b, c] = hidden[b, c] + (to_hidden[b, c] if inside else ZERO)
    hidden.fill(ZERO)
    found.fill(ZERO)
    drive_vjp(
        controller, weights.controller, trace.hidden_TBC[t, first:last],
        trace.cell_TBC[t, first:last], trace.gates_TBQ[t, first:last],
        trace.cell_TBC[t + 1, first:last], trace.hidden_TBC[t + 1, first:last], to_hidden,
        grads.cell_BC[first:last], grads.fed_TBG[t, first:last],
        grads.recurrent_TBG[t, first:last], hidden, found, room.back_BZ,
    )  # fmt: skip


@kernel
def add(grad_BX: Any, total_BX: Any) -> None:
    """`total += grad`, of vectors."""
    for b in range(grad_BX.shape[0]):
        for x in range(grad_BX.shape[1]):
            total_BX[b, x] += grad_BX[b, x]


@kernel
def plus(grad_BHN: Any, total_BHN: Any) -> None:
    """`total += grad`, of weightings."""
    for b in range(len(grad_BHN)):
        add(grad_BHN[b], total_BHN[b])
