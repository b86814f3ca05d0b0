"""The D-NTM's gradient over a whole sequence, for a range of samples."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .choice import SOFT, borrows
from .content import norms
from .contents import read_vjp, write, write_vjp
from .controllers import drive_vjp
from .dntm import CHUNK, EVERY, changes_vjp
from .dntm_heads import HeadGradients, heads_at, parameters_vjp, point_vjp
from .jit import ZERO, kernel
from .linear import matmul
from .recency import overwrite_vjp, roll_back


class Gradients(NamedTuple):
    """Those that come in (of outputs and the last state), and those that go out.

    Weights' gradients come in where `weights` lead with T; otherwise there are none. Those of the
    state come in for the last state and go out for the first; the address part of `rows_BVM` goes
    out as the gradient of the addresses.
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
    gate_TBP: Any
    shown_TBPW: Any
    cell_BC: Any
    hidden_BC: Any
    hidden_now_BC: Any
    read_BR: Any
    write_recent_BPM: Any
    read_recent_BRM: Any
    rows_BVM: Any


class Now(NamedTuple):
    """Rows and their norms before and after a step, and room for gradients within it."""

    before: Any
    after: Any
    norm_before: Any
    norm_after: Any
    erase_BPV: Any
    add_BPV: Any
    back_BZ: Any


@kernel
def backward(
    controller: int, kind: int, options: Any, weights: Any, trace: Any, grads: Any,
    begin: int, end: int,
) -> None:  # fmt: skip
    """From the gradients that come in to those that go out, for samples `begin` to `end`."""
    steps = len(trace.input_TBG)
    _, width, rows = trace.rows_BVM.shape
    depth = EVERY + 1 if kind == SOFT else 1
    memories = np.empty((depth, CHUNK, width, rows), np.float32)
    norm = np.empty((depth, CHUNK, rows), np.float32)
    grad_erase = np.empty((CHUNK, *trace.erase_TBPV.shape[2:]), np.float32)
    grad_add = np.empty((CHUNK, *trace.erase_TBPV.shape[2:]), np.float32)
    back = np.empty((CHUNK, weights.controller.back_GZ.shape[1]), np.float32)
    for first in range(begin, end, CHUNK):
        last = min(first + CHUNK, end)
        count = last - first
        to_write = gradients(trace.write_heads, count)
        to_read = gradients(trace.read_heads, count)
        if kind != SOFT:
            memories[0, :count] = trace.rows_BVM[first:last]
            norms(memories[0, :count], norm[0, :count])
        for start in range((steps - 1) // EVERY * EVERY, -1, -EVERY):
            stop = min(start + EVERY, steps)
            if kind == SOFT:
                replay(trace, start, stop, first, last, memories, norm)
            for t in range(stop - 1, start - 1, -1):
                at, then = (t - start, t - start + 1) if kind == SOFT else (0, 0)
                now = Now(
                    memories[at, :count], memories[then, :count], norm[at, :count],
                    norm[then, :count], grad_erase[:count], grad_add[:count], back[:count],
                )  # fmt: skip
                step_vjp(
                    controller, kind, options, weights, trace, grads, t, first, last,
                    now, to_write, to_read,
                )  # fmt: skip


@kernel
def replay(
    trace: Any, start: int, stop: int, first: int, last: int, memories: Any, norm: Any
) -> None:
    """Rebuilds the rows before each step from `start` on and after the last, bit for bit."""
    count = last - first
    memories[0, :count] = trace.kept_EBVM[start // EVERY, first:last]
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
    controller: int, kind: int, options: Any, weights: Any, trace: Any, grads: Any,
    t: int, first: int, last: int, now: Any, to_write: Any, to_read: Any,
) -> None:  # fmt: skip
    """One step back. Gradients of the state in `grads` move from after the step to before it."""
    hidden, found = grads.hidden_BC[first:last], grads.read_BR[first:last]
    found += grads.read_TBR[t, first:last]
    hidden += grads.hidden_TBC[t, first:last]
    if not options.read_first:
        read_back(kind, options, trace, grads, t, first, last, now.after, now.norm_after, to_read)
    rows = grads.rows_BVM[first:last]
    bound(rows, trace.shown_TBPW.shape[3], options.bound)
    slot, weighed = trace.write_address.slot_BH[t, first:last], kind == SOFT or borrows(kind)
    erase, add = trace.erase_TBPV[t, first:last], trace.add_TBPV[t, first:last]
    if kind != SOFT:
        roll_back(now.before, slot, trace.log_TBPV[t, first:last], now.norm_before)
    to_write.weights_BHM.fill(ZERO)
    if weighed and len(grads.write_weights_TBPN):
        plus(grads.write_weights_TBPN[t, first:last], to_write.weights_BHM)
    now.erase_BPV.fill(ZERO)
    now.add_BPV.fill(ZERO)
    if weighed:
        write_vjp(
            now.before, trace.write_address.weights_BHN[t, first:last], slot, erase, add,
            borrows(kind), rows, to_write.weights_BHM, now.erase_BPV, now.add_BPV,
        )  # fmt: skip
    else:
        log = trace.log_TBPV[t, first:last]
        overwrite_vjp(slot, erase, log, rows, now.erase_BPV, now.add_BPV)
    if options.read_first:
        read_back(kind, options, trace, grads, t, first, last, now.before, now.norm_before, to_read)
    writes, reads = slot.shape[1], to_read.gate_BH.shape[1]
    total, changed = writes + reads, 2 * writes * trace.shown_TBPW.shape[3]
    heads = heads_at(trace.write_heads, t, first, last)
    point_vjp(
        kind, options, now.before, now.norm_before, trace.write_recent_TBPM[t, first:last],
        trace.write_draws_TBPU[t, first:last], heads, slot,
        grads.write_log_prob_TBP[t, first:last], grads.write_entropy_TBP[t, first:last],
        to_write, grads.write_recent_BPM[first:last], rows,
    )  # fmt: skip
    raw, width = grads.interface_TBI[t, first:last], rows.shape[1]
    parameters_vjp(heads, to_write, 0, total, changed, options, raw)
    heads = heads_at(trace.read_heads, t, first, last)
    parameters_vjp(heads, to_read, writes, total, changed, options, raw)
    plain = total * (width + 1) + changed + (total if options.recency else 0)
    changes_vjp(
        total * (width + 1), raw.shape[1] > plain, options, trace.shown_TBPW[t, first:last],
        trace.mix_TBP[t, first:last], erase, add, now.erase_BPV, now.add_BPV,
        raw, grads.gate_TBP[t, first:last], grads.shown_TBPW[t, first:last],
    )  # fmt: skip
    matmul(raw, weights.interface_IC, hidden)
    to_hidden = grads.hidden_now_BC[first:last]
    to_hidden[:] = hidden
    hidden.fill(ZERO)
    found.fill(ZERO)
    drive_vjp(
        controller, weights.controller, trace.hidden_TBC[t, first:last],
        trace.cell_TBC[t, first:last], trace.gates_TBQ[t, first:last],
        trace.cell_TBC[t + 1, first:last], trace.hidden_TBC[t + 1, first:last], to_hidden,
        grads.cell_BC[first:last], grads.fed_TBG[t, first:last],
        grads.recurrent_TBG[t, first:last], hidden, found, now.back_BZ,
    )  # fmt: skip


@kernel
def read_back(
    kind: int, options: Any, trace: Any, grads: Any, t: int, first: int, last: int,
    rows: Any, norm: Any, to_read: Any,
) -> None:  # fmt: skip
    """What was read of `rows`: adds to their gradient, sets that of the read heads' parameters."""
    weighed = kind == SOFT or borrows(kind)
    slot = trace.read_address.slot_BH[t, first:last]
    to_read.weights_BHM.fill(ZERO)
    if weighed and len(grads.read_weights_TBRN):
        plus(grads.read_weights_TBRN[t, first:last], to_read.weights_BHM)
    found = grads.read_BR[first:last].reshape(last - first, slot.shape[1], rows.shape[1])
    read_vjp(
        rows, trace.read_address.weights_BHN[t, first:last], slot, borrows(kind),
        found, grads.rows_BVM[first:last], to_read.weights_BHM,
    )  # fmt: skip
    point_vjp(
        kind, options, rows, norm, trace.read_recent_TBRM[t, first:last],
        trace.read_draws_TBRU[t, first:last],
        heads_at(trace.read_heads, t, first, last), slot,
        grads.read_log_prob_TBR[t, first:last], grads.read_entropy_TBR[t, first:last],
        to_read, grads.read_recent_BRM[first:last], grads.rows_BVM[first:last],
    )  # fmt: skip


@kernel
def bound(grad_rows_BVM: Any, width: int, most: Any) -> None:
    """Keeps the gradient of the contents, the last `width` numbers of a row, within `most`."""
    batch, whole, rows = grad_rows_BVM.shape
    for b in range(batch):
        for v in range(whole - width, whole):
            for m in range(rows):
                grad = grad_rows_BVM[b, v, m]
                grad = most if grad > most else grad
                grad_rows_BVM[b, v, m] = -most if grad < -most else grad


@kernel
def plus(grad_BHN: Any, total_BHM: Any) -> None:
    """`total += grad`, at the slots."""
    for b in range(grad_BHN.shape[0]):
        for h in range(grad_BHN.shape[1]):
            for n in range(grad_BHN.shape[2]):
                total_BHM[b, h, n] += grad_BHN[b, h, n]


@kernel
def gradients(heads: Any, count: int) -> Any:
    """Room for the gradients of a group of heads in one step of so many samples."""
    _, _, group, width = heads.key_BHV.shape
    rows = heads.cosine_BHM.shape[3]
    return HeadGradients(
        np.empty((count, group, width), np.float32),
        np.empty((count, group), np.float32),
        np.empty((count, group), np.float32),
        np.empty((count, group, rows), np.float32),
        np.empty((count, group, rows), np.float32),
        np.empty((count, group, rows), np.float32),
        np.empty((3, rows), np.float32),
    )
