"""TARDIS's gradient over a whole sequence, for a range of samples."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..address import set_weights_gradient
from ..choices.dispatch import choose_vjp
from ..columns import take_vjp
from ..compiler.jit import ZERO, kernel
from ..controller_step import controller_step_vjp
from ..linear import matmul
from ..memory import DENSE
from ..memory_vjp import read_vjp
from ..scores import additive_vjp, avoid_vjp, standardised_vjp
from ..slices import at, copy
from ..softmax import softmax_vjp
from .tardis_forward import CHUNK, EVERY
from .tardis_write import overwrite, overwrite_vjp, restore


class Gradients(NamedTuple):
    """Those that come in (of outputs and the last state), and those that go out.

    Those of the state come in for the last state and go out for the first. What samples share has
    one for each sample. `previous_BN` is of the read before the first step.
    """

    hidden_TBC: Any
    read_TBO: Any
    read_address: Any
    fed_TBG: Any
    recurrent_TBG: Any
    interface_TBI: Any
    cell_BC: Any
    hidden_BC: Any
    hidden_now_BC: Any
    read_BO: Any
    memory_BWN: Any
    projected_BFN: Any
    usage_BN: Any
    previous_BN: Any
    key_BFN: Any
    count_BF: Any
    vector_BF: Any


class Step(NamedTuple):
    """Room for gradients within a step."""

    weights_BRN: Any
    weighting_BRN: Any
    masked_BN: Any
    scores_BN: Any
    counts_BN: Any
    query_BF: Any
    micro_BW: Any
    projected_BF: Any
    back_BZ: Any
    scratch_N: Any


@kernel
def backward(
    controller: int, choice: Any, columns: Any, penalty: Any, weights: Any, learned: Any,
    trace: Any, grads: Any, begin: int, end: int,
) -> None:  # fmt: skip
    """From the gradients that come in to those that go out, for samples `begin` to `end`."""
    steps = len(trace.input_TBG)
    _, width, slots = trace.memory_BWN.shape
    features = trace.projected_BFN.shape[1]
    depth = 1 if choice.one_slot else EVERY + 1
    memories = np.empty((depth, CHUNK, width, slots), np.float32)
    projections = np.empty((depth, CHUNK, features, slots), np.float32)
    for first in range(begin, end, CHUNK):
        last = min(first + CHUNK, end)
        count = last - first
        step = empty_step(count, width, features, slots, weights.controller.back_GZ.shape[1])
        copy(trace.memory_BWN[first:last], memories[0, :count])
        copy(trace.projected_BFN[first:last], projections[0, :count])
        for start in range((steps - 1) // EVERY * EVERY, -1, -EVERY):
            stop = min(start + EVERY, steps)
            replayed = not choice.one_slot and any_dense(trace, start, stop, first, last)
            if replayed:
                replay(trace, start, stop, first, last, memories, projections)
            for t in range(stop - 1, start - 1, -1):
                before = t - start if replayed else 0
                memory, projected = memories[before, :count], projections[before, :count]
                if not replayed:
                    slot = trace.write_address.slot_BH[t, first:last]
                    restore(memory, slot, trace.written.log_BW[t, first:last])
                    restore(projected, slot, trace.written.log_BF[t, first:last])
                step_vjp(
                    controller, choice, columns, penalty, weights, learned, trace, grads, step,
                    memory, projected, t, first, last,
                )  # fmt: skip


@kernel
def any_dense(trace: Any, start: int, stop: int, first: int, last: int) -> bool:
    """Whether some of these steps write every slot."""
    for t in range(start, stop):
        for b in range(first, last):
            if trace.write_address.slot_BH[t, b, 0] == DENSE:
                return True
    return False


@kernel
def replay(
    trace: Any, start: int, stop: int, first: int, last: int, memories: Any, projections: Any
) -> None:
    """Rebuilds the rows before each step from `start` on and after the last, bit for bit."""
    count = last - first
    copy(trace.kept_TBWN[start // EVERY, first:last], memories[0, :count])
    copy(trace.kept_TBFN[start // EVERY, first:last], projections[0, :count])
    for t in range(start, stop):
        memory, projected = memories[t - start + 1, :count], projections[t - start + 1, :count]
        copy(memories[t - start, :count], memory)
        copy(projections[t - start, :count], projected)
        write = at(trace.write_address, t, first, last)
        written = at(trace.written, t, first, last)
        # it logs what it logged before
        overwrite(memory, write, written.micro_BW, written.log_BW)
        overwrite(projected, write, written.projected_BF, written.log_BF)


@kernel
def step_vjp(
    controller: int, choice: Any, columns: Any, penalty: Any, weights: Any, learned: Any,
    trace: Any, grads: Any, step: Any, memory: Any, projected: Any, t: int, first: int, last: int,
) -> None:  # fmt: skip
    """One step back, from the rows before it.

    Gradients of the state in `grads` move from after the step to before it.
    """
    hidden, found = grads.hidden_BC[first:last], grads.read_BO[first:last]
    found += grads.read_TBO[t, first:last]
    hidden += grads.hidden_TBC[t, first:last]
    write = at(trace.write_address, t, first, last)
    overwrite_vjp(write, grads.memory_BWN[first:last], step.micro_BW)
    overwrite_vjp(write, grads.projected_BFN[first:last], step.projected_BF)
    read = at(trace.read_address, t + 1, first, last)
    set_weights_gradient(choice, grads.read_address.weights_TBHN, t, first, last, step.weights_BRN)
    read_vjp(
        memory, read.weights_BHN, read.slot_BH, choice.has_dense_gradient,
        found.reshape(last - first, 1, memory.shape[1]), grads.memory_BWN[first:last],
        step.weights_BRN,
    )  # fmt: skip
    score_vjp(choice, penalty, learned, trace, grads, step, projected, read, t, first, last)
    raw = grads.interface_TBI[t, first:last]
    take_vjp(columns.micro, step.micro_BW, raw)
    take_vjp(columns.score, step.query_BF, raw)
    take_vjp(columns.projected, step.projected_BF, raw)
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
def score_vjp(
    choice: Any, penalty: Any, learned: Any, trace: Any, grads: Any, step: Any, projected: Any,
    read: Any, t: int, first: int, last: int,
) -> None:  # fmt: skip
    """From the gradient of the read's weights to that of all that its score depends on."""
    scored = at(trace.scored, t, first, last)
    flat = (last - first, projected.shape[2])
    step.weighting_BRN.fill(ZERO)
    choose_vjp(
        choice, scored.weighting_BRN, trace.read_draws_TBRU[t, first:last], read.slot_BH,
        step.weights_BRN, grads.read_address.log_prob_TBH[t, first:last],
        grads.read_address.entropy_TBH[t, first:last], step.weighting_BRN,
    )  # fmt: skip
    softmax_vjp(
        scored.weighting_BRN.reshape(flat), step.weighting_BRN.reshape(flat), step.masked_BN
    )
    previous = grads.previous_BN[first:last]
    # the read of every other step passes no gradient on
    previous.fill(ZERO)
    step.scores_BN.fill(ZERO)
    avoid_vjp(penalty, step.masked_BN, step.scores_BN, previous)
    step.counts_BN.fill(ZERO)
    step.query_BF.fill(ZERO)
    additive_vjp(
        scored.query_BF, learned.key_FN, projected, learned.count_F, scored.counts_BN,
        learned.vector_F, step.scores_BN, step.query_BF, grads.key_BFN[first:last],
        grads.projected_BFN[first:last], grads.count_BF[first:last], step.counts_BN,
        grads.vector_BF[first:last], step.scratch_N,
    )  # fmt: skip
    standardised_vjp(
        scored.counts_BN, scored.deviation_B, step.counts_BN, grads.usage_BN[first:last]
    )


@kernel
def empty_step(count: int, width: int, features: int, slots: int, back: int) -> Any:
    """Room for the gradients within a step of so many samples."""
    return Step(
        np.empty((count, 1, slots), np.float32),
        np.empty((count, 1, slots), np.float32),
        np.empty((count, slots), np.float32),
        np.empty((count, slots), np.float32),
        np.empty((count, slots), np.float32),
        np.empty((count, features), np.float32),
        np.empty((count, width), np.float32),
        np.empty((count, features), np.float32),
        np.empty((count, back), np.float32),
        np.empty(slots, np.float32),
    )
