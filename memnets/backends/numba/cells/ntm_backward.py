"""The NTM's gradient over a whole sequence, for a range of samples."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..compiler.jit import ZERO, kernel
from ..controller_step import controller_step_vjp
from ..linear import matmul, norms
from ..memory import write
from ..memory_vjp import read_vjp, write_vjp
from ..slices import at, copy
from .ntm_forward import CHUNK, EVERY
from .ntm_heads import empty_gradients, head_addresses_vjp, head_parameters_vjp, write_vectors_vjp


class Step(NamedTuple):
    """Contents and their norms before and after a step, and room for gradients within it."""

    before_BWN: Any
    after_BWN: Any
    norm_before_BN: Any
    norm_after_BN: Any
    write_heads: Any
    read_heads: Any
    erase_BPW: Any
    add_BPW: Any
    back_BZ: Any


@kernel
def backward(
    controller: int,
    choice: Any,
    columns: Any,
    read_first: bool,
    weights: Any,
    trace: Any,
    grads: Any,
    begin: int,
    end: int,
) -> None:
    """From the gradients that come in to those that go out, for samples `begin` to `end`."""
    steps = len(trace.input_TBG)
    _, width, slots = trace.memory_BWN.shape
    writes = trace.erase_TBPW.shape[2]
    memories = np.empty((EVERY + 1, CHUNK, width, slots), np.float32)
    norm = np.empty((EVERY + 1, CHUNK, slots), np.float32)
    for first in range(begin, end, CHUNK):
        last = min(first + CHUNK, end)
        count = last - first
        to_write = empty_gradients(trace.write_heads, count)
        to_read = empty_gradients(trace.read_heads, count)
        grad_erase = np.empty((count, writes, width), np.float32)
        grad_add = np.empty((count, writes, width), np.float32)
        back = np.empty((count, weights.controller.back_GZ.shape[1]), np.float32)
        for start in range((steps - 1) // EVERY * EVERY, -1, -EVERY):
            stop = min(start + EVERY, steps)
            replay(trace, start, stop, first, last, memories, norm)
            for t in range(stop - 1, start - 1, -1):
                step = Step(
                    memories[t - start, :count], memories[t - start + 1, :count],
                    norm[t - start, :count], norm[t - start + 1, :count],
                    to_write, to_read, grad_erase, grad_add, back,
                )  # fmt: skip
                step_vjp(
                    controller, choice, columns, read_first, weights, trace, grads, step,
                    t, first, last,
                )  # fmt: skip


@kernel
def replay(
    trace: Any, start: int, stop: int, first: int, last: int, memories: Any, norm: Any
) -> None:
    """Rebuilds the contents before each step from `start` on and after the last, bit for bit."""
    count = last - first
    copy(trace.kept_TBWN[start // EVERY, first:last], memories[0, :count])
    norms(memories[0, :count], norm[0, :count])
    for t in range(start, stop):
        after = memories[t - start + 1, :count]
        write(
            memories[t - start, :count],
            trace.write_address.weights_BHN[t + 1, first:last],
            trace.write_address.slot_BH[t + 1, first:last],
            trace.erase_TBPW[t, first:last],
            trace.add_TBPW[t, first:last],
            after,
        )
        norms(after, norm[t - start + 1, :count])


@kernel
def step_vjp(
    controller: int, choice: Any, columns: Any, read_first: bool, weights: Any,
    trace: Any, grads: Any, step: Any, t: int, first: int, last: int,
) -> None:  # fmt: skip
    """One step back. Gradients of the state in `grads` move from after the step to before it."""
    before, memory = step.before_BWN, grads.memory_BWN[first:last]
    weights_BPN = grads.write_weights_BPN[first:last]
    weights_BRN = grads.read_weights_BRN[first:last]
    hidden, found = grads.hidden_BC[first:last], grads.read_BO[first:last]
    found += grads.read_TBO[t, first:last]
    hidden += grads.hidden_TBC[t, first:last]
    if len(grads.write_address.weights_TBHN):
        weights_BPN += grads.write_address.weights_TBHN[t, first:last]
        weights_BRN += grads.read_address.weights_TBHN[t, first:last]
    erase, add = trace.erase_TBPW[t, first:last], trace.add_TBPW[t, first:last]
    address = at(trace.write_address, t + 1, first, last)
    step.erase_BPW.fill(ZERO)
    step.add_BPW.fill(ZERO)
    if read_first:
        write_vjp(
            before, address.weights_BHN, address.slot_BH, erase, add, choice.has_dense_gradient,
            memory, weights_BPN, step.erase_BPW, step.add_BPW,
        )  # fmt: skip
    source = before if read_first else step.after_BWN
    norm = step.norm_before_BN if read_first else step.norm_after_BN
    read_slot = trace.read_address.slot_BH[t + 1, first:last]
    read_vjp(
        source, trace.read_address.weights_BHN[t + 1, first:last], read_slot,
        choice.has_dense_gradient,
        found.reshape(last - first, read_slot.shape[1], before.shape[1]), memory, weights_BRN,
    )  # fmt: skip
    heads = at(trace.read_heads, t, first, last)
    head_addresses_vjp(
        choice, source, norm, trace.read_address.weights_BHN[t, first:last],
        trace.read_draws_TBRU[t, first:last], heads, read_slot, weights_BRN,
        grads.read_address.log_prob_TBH[t, first:last],
        grads.read_address.entropy_TBH[t, first:last], step.read_heads, memory,
    )  # fmt: skip
    raw = grads.interface_TBI[t, first:last]
    head_parameters_vjp(heads, columns, erase.shape[1], step.read_heads, raw)
    if not read_first:
        write_vjp(
            before, address.weights_BHN, address.slot_BH, erase, add, choice.has_dense_gradient,
            memory, weights_BPN, step.erase_BPW, step.add_BPW,
        )  # fmt: skip
    heads = at(trace.write_heads, t, first, last)
    head_addresses_vjp(
        choice, before, step.norm_before_BN, trace.write_address.weights_BHN[t, first:last],
        trace.write_draws_TBPU[t, first:last], heads, address.slot_BH, weights_BPN,
        grads.write_address.log_prob_TBH[t, first:last],
        grads.write_address.entropy_TBH[t, first:last], step.write_heads, memory,
    )  # fmt: skip
    head_parameters_vjp(heads, columns, 0, step.write_heads, raw)
    write_vectors_vjp(erase, columns, step.erase_BPW, step.add_BPW, raw)
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
