"""SAM's gradient over a whole sequence, for a range of samples."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..compiler.jit import ZERO, kernel
from ..controller_step import controller_step_vjp
from ..linear import matmul, norms
from ..memory_vjp import read_vjp
from ..rows import read_rows_vjp
from ..slices import at, copy
from ..sparse import add, clear
from ..sparse_vjp import add_vjp, clear_vjp, write_address_vjp
from ..undo import restore_rows
from .sam_forward import CHUNK, EVERY, read_weights
from .sam_heads import empty_gradients, head_parameters_vjp, weightings_vjp


class Gradients(NamedTuple):
    """Those that come in (of outputs and the last state), and those that go out.

    Those of the state come in for the last state and go out for the first. Those of the weights of
    writes and reads are there for T steps or for none.
    """

    hidden_TBC: Any
    read_TBO: Any
    write_TBHZ: Any
    read_TBHZ: Any
    log_prob_TBH: Any
    entropy_TBH: Any
    fed_TBG: Any
    recurrent_TBG: Any
    interface_TBI: Any
    cell_BC: Any
    hidden_BC: Any
    hidden_now_BC: Any
    read_BO: Any
    memory_BWN: Any
    weights_BHZ: Any


class Step(NamedTuple):
    """Contents and their norms after the write of a step, and room for gradients within it."""

    memory_BWN: Any
    norm_BN: Any
    heads: Any
    back_BZ: Any


@kernel
def backward(
    controller: int, choice: Any, columns: Any, options: Any, weights: Any, trace: Any, grads: Any,
    begin: int, end: int,
) -> None:  # fmt: skip
    """From the gradients that come in to those that go out, for samples `begin` to `end`."""
    steps = len(trace.input_TBG)
    _, width, slots = trace.memory_BWN.shape
    undone = options.named or choice.one_slot
    depth = 1 if undone else EVERY
    memories = np.empty((depth, CHUNK, width, slots), np.float32)
    norm = np.empty((depth, CHUNK, slots), np.float32)
    for first in range(begin, end, CHUNK):
        last = min(first + CHUNK, end)
        count = last - first
        to_heads = empty_gradients(trace.heads, trace.write, count)
        back = np.empty((count, weights.controller.back_GZ.shape[1]), np.float32)
        if undone:
            copy(trace.memory_BWN[first:last], memories[0, :count])
            norms(memories[0, :count], norm[0, :count])
        for start in range((steps - 1) // EVERY * EVERY, -1, -EVERY):
            stop = min(start + EVERY, steps)
            if not undone:
                replay(trace, start, stop, first, last, memories, norm)
            for t in range(stop - 1, start - 1, -1):
                now = 0 if undone else t - start
                step = Step(memories[now, :count], norm[now, :count], to_heads, back)
                step_vjp(
                    controller, choice, columns, options, weights, trace, grads, step,
                    t, first, last,
                )  # fmt: skip
                # what was there before the first step, nobody needs
                if undone and t > 0:
                    slots_BHE = trace.write.slots_BHE[t, first:last]
                    slots_BP = slots_BHE.reshape(count, slots_BHE.shape[1] * slots_BHE.shape[2])
                    restore_rows(
                        step.memory_BWN, slots_BP, trace.log_TBPW[t, first:last], step.norm_BN
                    )


@kernel
def replay(
    trace: Any, start: int, stop: int, first: int, last: int, memories: Any, norm: Any
) -> None:
    """Rebuilds the contents after the write of each step from `start` on, bit for bit."""
    count = last - first
    for t in range(start, stop):
        now = memories[t - start, :count]
        if t == start:
            copy(trace.kept_TBWN[t // EVERY, first:last], now)
        else:
            copy(memories[t - start - 1, :count], now)
        heads, write = at(trace.heads, t, first, last), at(trace.write, t, first, last)
        clear(now, heads.least_BH)
        add(now, write.weights_BHZ, write.slots_BHE, False, heads.add_BHW)
        norms(now, norm[t - start, :count])


@kernel
def step_vjp(
    controller: int, choice: Any, columns: Any, options: Any, weights: Any, trace: Any, grads: Any,
    step: Any, t: int, first: int, last: int,
) -> None:  # fmt: skip
    """One step back. Gradients of the state in `grads` move from after the step to before it."""
    hidden, found = grads.hidden_BC[first:last], grads.read_BO[first:last]
    found += grads.read_TBO[t, first:last]
    hidden += grads.hidden_TBC[t, first:last]
    heads = at(trace.heads, t, first, last)
    read_step_vjp(choice, options, trace, grads, step, t, first, last, heads)
    write_step_vjp(choice, options, trace, grads, step, t, first, last, heads)
    raw = grads.interface_TBI[t, first:last]
    head_parameters_vjp(heads, columns, options, step.heads, raw)
    matmul(raw, weights.interface_IC, hidden)
    found.fill(ZERO)
    to_hidden = grads.hidden_now_BC[first:last]
    copy(hidden, to_hidden)
    hidden.fill(ZERO)
    controller_step_vjp(
        controller, weights.controller, trace.hidden_TBC[t, first:last],
        trace.cell_TBC[t, first:last], trace.gates_TBQ[t, first:last],
        trace.cell_TBC[t + 1, first:last], trace.hidden_TBC[t + 1, first:last], to_hidden,
        grads.cell_BC[first:last], grads.fed_TBG[t, first:last],
        grads.recurrent_TBG[t, first:last], hidden, found, step.back_BZ,
    )  # fmt: skip


@kernel
def read_step_vjp(
    choice: Any, options: Any, trace: Any, grads: Any, step: Any,
    t: int, first: int, last: int, heads: Any,
) -> None:  # fmt: skip
    """From what was read and how: sets the gradients of queries and strengths."""
    memory, to_weights = grads.memory_BWN[first:last], grads.weights_BHZ[first:last]
    if len(grads.read_TBHZ):
        to_weights += grads.read_TBHZ[t, first:last]
    address = at(trace.read_address, t + 1, first, last)
    batch, group, width = heads.query_BHW.shape
    found = grads.read_BO[first:last].reshape(batch, group, width)
    if options.named:
        named = trace.named_TBHK[t + 1, first:last]
        read_rows_vjp(step.memory_BWN, named, address.slots_BHK, found, memory, to_weights)
    else:
        read_vjp(
            step.memory_BWN, address.weights_BHN, address.slot_BH, choice.has_dense_gradient,
            found, memory, to_weights,
        )  # fmt: skip
    weightings_vjp(
        choice, options, step.memory_BWN, step.norm_BN, heads,
        trace.read_draws_TBHU[t, first:last], address, to_weights,
        grads.log_prob_TBH[t, first:last], grads.entropy_TBH[t, first:last], step.heads, memory,
    )  # fmt: skip


@kernel
def write_step_vjp(
    choice: Any, options: Any, trace: Any, grads: Any, step: Any,
    t: int, first: int, last: int, heads: Any,
) -> None:  # fmt: skip
    """From what was written: sets the gradients of additions and gates, and of the last read's."""
    memory, to_write = grads.memory_BWN[first:last], step.heads.write_BHZ
    write = at(trace.write, t, first, last)
    if len(grads.write_TBHZ):
        copy(grads.write_TBHZ[t, first:last], to_write)
    else:
        to_write.fill(ZERO)
    step.heads.add_BHW.fill(ZERO)
    step.heads.write_gate_BH.fill(ZERO)
    step.heads.read_gate_BH.fill(ZERO)
    dense = choice.has_dense_gradient and not options.named
    add_vjp(
        write.weights_BHZ, write.slots_BHE, options.named, heads.add_BHW, dense, memory, to_write,
        step.heads.add_BHW,
    )  # fmt: skip
    clear_vjp(heads.least_BH, memory)
    write_address_vjp(
        read_weights(options, trace, t, first, last), heads.least_BH, heads.write_gate_BH,
        heads.read_gate_BH, to_write, grads.weights_BHZ[first:last], step.heads.write_gate_BH,
        step.heads.read_gate_BH,
    )  # fmt: skip
