"""The D-NTM's gradient over a whole sequence, for a range of samples."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..address import set_weights_gradient
from ..compiler.jit import ZERO, kernel
from ..controller_step import controller_step_vjp
from ..linear import matmul, norms
from ..memory import write
from ..memory_vjp import read_vjp, write_vjp
from ..slices import at, copy
from ..undo import restore_rows, write_rows_vjp
from .dntm_forward import CHUNK, EVERY
from .dntm_heads import empty_gradients, head_addresses_vjp, head_parameters_vjp
from .dntm_write import write_vectors_vjp


class Gradients(NamedTuple):
    """Those that come in (of outputs and the last state), and those that go out.

    Those of the state come in for the last state and go out for the first; the address part of
    `rows_BVN` goes out as the gradient of the addresses.
    """

    hidden_TBC: Any
    read_TBO: Any
    write_address: Any
    read_address: Any
    fed_TBG: Any
    recurrent_TBG: Any
    interface_TBI: Any
    gate_input_TBP: Any
    from_input_TBPW: Any
    cell_BC: Any
    hidden_BC: Any
    hidden_now_BC: Any
    read_BO: Any
    write_recent_BPN: Any
    read_recent_BRN: Any
    rows_BVN: Any


class Step(NamedTuple):
    """Rows and their norms before and after a step, and room for gradients within it."""

    before_BVN: Any
    after_BVN: Any
    norm_before_BN: Any
    norm_after_BN: Any
    write_heads: Any
    read_heads: Any
    erase_BPV: Any
    add_BPV: Any
    back_BZ: Any


@kernel
def backward(
    controller: int, choice: Any, columns: Any, options: Any, weights: Any, trace: Any, grads: Any,
    begin: int, end: int,
) -> None:  # fmt: skip
    """From the gradients that come in to those that go out, for samples `begin` to `end`."""
    steps = len(trace.input_TBG)
    _, width, rows = trace.rows_BVN.shape
    writes = trace.erase_TBPV.shape[2]
    depth = 1 if choice.one_slot else EVERY + 1
    memories = np.empty((depth, CHUNK, width, rows), np.float32)
    norm = np.empty((depth, CHUNK, rows), np.float32)
    for first in range(begin, end, CHUNK):
        last = min(first + CHUNK, end)
        count = last - first
        to_write = empty_gradients(trace.write_heads, count)
        to_read = empty_gradients(trace.read_heads, count)
        grad_erase = np.empty((count, writes, width), np.float32)
        grad_add = np.empty((count, writes, width), np.float32)
        back = np.empty((count, weights.controller.back_GZ.shape[1]), np.float32)
        if choice.one_slot:
            copy(trace.rows_BVN[first:last], memories[0, :count])
            norms(memories[0, :count], norm[0, :count])
        for start in range((steps - 1) // EVERY * EVERY, -1, -EVERY):
            stop = min(start + EVERY, steps)
            if not choice.one_slot:
                replay(trace, start, stop, first, last, memories, norm)
            for t in range(stop - 1, start - 1, -1):
                # chosen rows are restored in place: before and after are then the same array
                before = 0 if choice.one_slot else t - start
                after = 0 if choice.one_slot else t - start + 1
                step = Step(
                    memories[before, :count], memories[after, :count], norm[before, :count],
                    norm[after, :count], to_write, to_read, grad_erase, grad_add, back,
                )  # fmt: skip
                step_vjp(
                    controller, choice, columns, options, weights, trace, grads, step,
                    t, first, last,
                )  # fmt: skip


@kernel
def replay(
    trace: Any, start: int, stop: int, first: int, last: int, memories: Any, norm: Any
) -> None:
    """Rebuilds the rows before each step from `start` on and after the last, bit for bit."""
    count = last - first
    copy(trace.kept_TBVN[start // EVERY, first:last], memories[0, :count])
    norms(memories[0, :count], norm[0, :count])
    for t in range(start, stop):
        after = memories[t - start + 1, :count]
        write(
            memories[t - start, :count],
            trace.write_address.weights_BHN[t, first:last],
            trace.write_address.slot_BH[t, first:last],
            trace.erase_TBPV[t, first:last],
            trace.add_TBPV[t, first:last],
            after,
        )
        norms(after, norm[t - start + 1, :count])


@kernel
def step_vjp(
    controller: int, choice: Any, columns: Any, options: Any, weights: Any, trace: Any, grads: Any,
    step: Any, t: int, first: int, last: int,
) -> None:  # fmt: skip
    """One step back. Gradients of the state in `grads` move from after the step to before it."""
    hidden, found = grads.hidden_BC[first:last], grads.read_BO[first:last]
    found += grads.read_TBO[t, first:last]
    hidden += grads.hidden_TBC[t, first:last]
    if not options.read_first:
        read_step_vjp(
            choice, options, trace, grads, t, first, last, step.after_BVN, step.norm_after_BN,
            step.read_heads,
        )  # fmt: skip
    rows, to_weights = grads.rows_BVN[first:last], step.write_heads.weights_BHN
    clamp_content_gradient(rows, trace.from_input_TBPW.shape[3], options.gradient_bound)
    weights_BPN = trace.write_address.weights_BHN[t, first:last]
    slot, log = trace.write_address.slot_BH[t, first:last], trace.log_TBPV[0, first:last]
    erase, add = trace.erase_TBPV[t, first:last], trace.add_TBPV[t, first:last]
    if choice.one_slot:
        log = trace.log_TBPV[t, first:last]
        restore_rows(step.before_BVN, slot, log, step.norm_before_BN)
    step.erase_BPV.fill(ZERO)
    step.add_BPV.fill(ZERO)
    set_weights_gradient(choice, grads.write_address.weights_TBHN, t, first, last, to_weights)
    if choice.one_slot and not choice.has_dense_gradient:
        write_rows_vjp(slot, erase, log, rows, step.erase_BPV, step.add_BPV)
    else:
        write_vjp(
            step.before_BVN, weights_BPN, slot, erase, add, choice.has_dense_gradient, rows,
            to_weights, step.erase_BPV, step.add_BPV,
        )  # fmt: skip
    if options.read_first:
        read_step_vjp(
            choice, options, trace, grads, t, first, last, step.before_BVN, step.norm_before_BN,
            step.read_heads,
        )  # fmt: skip
    heads = at(trace.write_heads, t, first, last)
    head_addresses_vjp(
        choice, options, step.before_BVN, step.norm_before_BN,
        trace.write_recent_TBPN[t, first:last], trace.write_draws_TBPU[t, first:last], heads, slot,
        grads.write_address.log_prob_TBH[t, first:last],
        grads.write_address.entropy_TBH[t, first:last],
        step.write_heads, grads.write_recent_BPN[first:last], rows,
    )  # fmt: skip
    raw = grads.interface_TBI[t, first:last]
    head_parameters_vjp(heads, columns, 0, options, step.write_heads, raw)
    heads = at(trace.read_heads, t, first, last)
    head_parameters_vjp(heads, columns, slot.shape[1], options, step.read_heads, raw)
    write_vectors_vjp(
        columns, options, trace.from_input_TBPW[t, first:last],
        trace.candidate_gate_TBP[t, first:last], erase, add, step.erase_BPV, step.add_BPV,
        raw, grads.gate_input_TBP[t, first:last], grads.from_input_TBPW[t, first:last],
    )  # fmt: skip
    matmul(raw, weights.interface_IC, hidden)
    to_hidden = grads.hidden_now_BC[first:last]
    copy(hidden, to_hidden)
    hidden.fill(ZERO)
    found.fill(ZERO)
    controller_step_vjp(
        controller, weights.controller, trace.hidden_TBC[t, first:last],
        trace.cell_TBC[t, first:last], trace.gates_TBQ[t, first:last],
        trace.cell_TBC[t + 1, first:last], trace.hidden_TBC[t + 1, first:last], to_hidden,
        grads.cell_BC[first:last], grads.fed_TBG[t, first:last],
        grads.recurrent_TBG[t, first:last], hidden, found, step.back_BZ,
    )  # fmt: skip


@kernel
def read_step_vjp(
    choice: Any, options: Any, trace: Any, grads: Any, t: int, first: int, last: int,
    rows: Any, norm: Any, to_read: Any,
) -> None:  # fmt: skip
    """From what was read of `rows`: adds to their gradient, sets those of the heads' parameters."""
    slot = trace.read_address.slot_BH[t, first:last]
    set_weights_gradient(
        choice, grads.read_address.weights_TBHN, t, first, last, to_read.weights_BHN
    )
    found = grads.read_BO[first:last].reshape(last - first, slot.shape[1], rows.shape[1])
    read_vjp(
        rows, trace.read_address.weights_BHN[t, first:last], slot, choice.has_dense_gradient,
        found, grads.rows_BVN[first:last], to_read.weights_BHN,
    )  # fmt: skip
    head_addresses_vjp(
        choice, options, rows, norm, trace.read_recent_TBRN[t, first:last],
        trace.read_draws_TBRU[t, first:last],
        at(trace.read_heads, t, first, last), slot,
        grads.read_address.log_prob_TBH[t, first:last],
        grads.read_address.entropy_TBH[t, first:last],
        to_read, grads.read_recent_BRN[first:last], grads.rows_BVN[first:last],
    )  # fmt: skip


@kernel
def clamp_content_gradient(grad_rows_BVN: Any, width: int, most: Any) -> None:
    """Keeps the gradient of the contents, the last `width` numbers of a row, within `most`."""
    batch, whole, rows = grad_rows_BVN.shape
    for b in range(batch):
        for v in range(whole - width, whole):
            for n in range(rows):
                grad = grad_rows_BVN[b, v, n]
                grad = most if grad > most else grad
                grad_rows_BVN[b, v, n] = -most if grad < -most else grad
