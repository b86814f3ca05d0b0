"""The DNC's gradient over a whole sequence, for a range of samples."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..compiler.jit import ZERO, kernel, part
from ..controller_step import controller_step_vjp
from ..linear import matmul, norms
from ..links import link
from ..memory import write
from ..slices import copy
from ..usage import deallocate
from .dnc_forward import EVERY, chunk_of
from .dnc_step_vjp import Snapshots, empty_gradients, read_step_vjp, write_step_vjp


class Gradients(NamedTuple):
    """Those that come in (of outputs and the last state), and those that go out.

    Those of the state come in for the last state and go out for the first. `link_now_BPNN` are the
    links themselves, which move back as well where slots are chosen.
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
    usage_BN: Any
    link_BPNN: Any
    precedence_BPN: Any
    write_weights_BPN: Any
    read_weights_BRN: Any
    link_now_BPNN: Any


@kernel
def backward(
    controller: int, choice: Any, columns: Any, options: Any, weights: Any, trace: Any, grads: Any,
    begin: int, end: int,
) -> None:  # fmt: skip
    """From the gradients that come in to those that go out, for samples `begin` to `end`."""
    steps = len(trace.input_TBG)
    _, width, slots = trace.memory_BWN.shape
    heads = trace.write_draws_TBPU.shape[2]
    chunk = chunk_of(heads, slots)
    replayed = slots if options.links and not choice.one_slot else 0
    memories = np.empty((EVERY + 1, chunk, width, slots), np.float32)
    norm = np.empty((EVERY + 1, chunk, slots), np.float32)
    links = np.empty((EVERY + 1, chunk, heads, replayed, replayed), np.float32)
    for first in range(begin, end, chunk):
        last = min(first + chunk, end)
        count = last - first
        step = empty_gradients(trace, weights.controller, count)
        for start in range((steps - 1) // EVERY * EVERY, -1, -EVERY):
            stop = min(start + EVERY, steps)
            replay(
                choice, options, trace, start, stop, first, last, memories, norm, links,
                step.scratch_3N[0],
            )  # fmt: skip
            for t in range(stop - 1, start - 1, -1):
                states = Snapshots(
                    memories[t - start, :count], memories[t - start + 1, :count],
                    norm[t - start, :count], norm[t - start + 1, :count],
                    links[t - start, :count], links[t - start + 1, :count],
                )  # fmt: skip
                if choice.one_slot:
                    restored = grads.link_now_BPNN[first:last]
                    states = Snapshots(
                        states.before_BWN, states.after_BWN, states.norm_before_BN,
                        states.norm_after_BN, restored, restored,
                    )  # fmt: skip
                step_vjp(
                    controller, choice, columns, options, weights, trace, grads, states, step,
                    t, first,
                )  # fmt: skip


@part
def replay(
    choice: Any, options: Any, trace: Any, start: int, stop: int, first: int, last: int,
    memories: Any, norm: Any, links: Any, scratch_N: Any,
) -> None:  # fmt: skip
    """Rebuilds contents and links before each step from `start` on and after the last.

    Links of chosen slots are not rebuilt: they are restored step by step.
    """
    count = last - first
    with_links = options.links and not choice.one_slot
    copy(trace.kept_TBWN[start // EVERY, first:last], memories[0, :count])
    norms(memories[0, :count], norm[0, :count])
    if with_links:
        copy(trace.kept_link_TBPNN[start // EVERY, first:last], links[0, :count])
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
        if with_links:
            link(
                links[t - start, :count], trace.precedence_TBPN[t, first:last], weights,
                links[t - start + 1, :count], scratch_N,
            )  # fmt: skip


@part
def step_vjp(
    controller: int, choice: Any, columns: Any, options: Any, weights: Any, trace: Any, grads: Any,
    states: Any, step: Any, t: int, first: int,
) -> None:  # fmt: skip
    """One step back. Gradients of the state in `grads` move from after the step to before it."""
    last = first + len(states.before_BWN)
    hidden, found = grads.hidden_BC[first:last], grads.read_BO[first:last]
    hidden += grads.hidden_TBC[t, first:last]
    found += grads.read_TBO[t, first:last]
    if len(grads.write_address.weights_TBHN):
        to_writes = grads.write_weights_BPN[first:last]
        to_reads = grads.read_weights_BRN[first:last]
        to_writes += grads.write_address.weights_TBHN[t, first:last]
        to_reads += grads.read_address.weights_TBHN[t, first:last]
    raw = grads.interface_TBI[t, first:last]
    read_step_vjp(choice, columns, options, trace, grads, states, step, t, first, last, raw)
    write_step_vjp(choice, columns, options, trace, grads, states, step, t, first, last, raw)
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
    controller_step_vjp(
        controller, weights.controller, trace.hidden_TBC[t, first:last],
        trace.cell_TBC[t, first:last], trace.gates_TBQ[t, first:last],
        trace.cell_TBC[t + 1, first:last], trace.hidden_TBC[t + 1, first:last], to_hidden,
        grads.cell_BC[first:last], grads.fed_TBG[t, first:last],
        grads.recurrent_TBG[t, first:last], hidden, found, step.back_BZ,
    )  # fmt: skip
