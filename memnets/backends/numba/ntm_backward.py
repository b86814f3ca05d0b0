"""The NTM's gradient over a whole sequence, for a range of samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from .choice import borrows
from .content import norms
from .contents import read_vjp, write, write_vjp
from .controllers import drive_vjp
from .jit import ZERO, kernel
from .linear import matmul
from .ntm import CHUNK, EVERY, changes_vjp
from .ntm_heads import HeadGradients, heads_at, parameters_vjp, point_vjp


@kernel
def backward(
    controller: int,
    kind: int,
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
    memories = np.empty((EVERY + 1, CHUNK, width, slots), np.float32)
    norm = np.empty((EVERY + 1, CHUNK, slots), np.float32)
    to_write = gradients(trace.write_heads)
    to_read = gradients(trace.read_heads)
    grad_erase = np.empty((CHUNK, *trace.erase_TBPW.shape[2:]), np.float32)
    grad_add = np.empty((CHUNK, *trace.erase_TBPW.shape[2:]), np.float32)
    back = np.empty((CHUNK, weights.controller.back_GZ.shape[1]), np.float32)
    for first in range(begin, end, CHUNK):
        last = min(first + CHUNK, end)
        for start in range((steps - 1) // EVERY * EVERY, -1, -EVERY):
            stop = min(start + EVERY, steps)
            replay(trace, start, stop, first, last, memories, norm)
            for t in range(stop - 1, start - 1, -1):
                step_vjp(
                    controller, kind, read_first, weights, trace, grads, t, first, last,
                    memories[t - start, : last - first], memories[t - start + 1, : last - first],
                    norm[t - start, : last - first], norm[t - start + 1, : last - first],
                    narrowed(to_write, last - first), narrowed(to_read, last - first),
                    grad_erase[: last - first], grad_add[: last - first], back[: last - first],
                )  # fmt: skip


@kernel
def replay(
    trace: Any, start: int, stop: int, first: int, last: int, memories: Any, norm: Any
) -> None:
    """Rebuilds the memories before each step from `start` on and after the last, bit for bit."""
    count = last - first
    memories[0, :count] = trace.kept_EBWN[start // EVERY, first:last]
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
    controller: int, kind: int, read_first: bool, weights: Any, trace: Any, grads: Any,
    t: int, first: int, last: int, before: Any, after: Any, norm_before: Any, norm_after: Any,
    to_write: Any, to_read: Any, grad_erase: Any, grad_add: Any, back: Any,
) -> None:  # fmt: skip
    """One step back. Gradients of the state in `grads` move from after the step to before it."""
    borrowed = borrows(kind)
    memory = grads.memory_BWN[first:last]
    weights_BPN = grads.write_weights_BPN[first:last]
    weights_BRN = grads.read_weights_BRN[first:last]
    hidden, found = grads.hidden_BC[first:last], grads.read_BR[first:last]
    add(grads.read_TBR[t, first:last], found)
    add(grads.hidden_TBC[t, first:last], hidden)
    if len(grads.write_weights_TBPN):
        plus(grads.write_weights_TBPN[t, first:last], weights_BPN)
        plus(grads.read_weights_TBRN[t, first:last], weights_BRN)
    erase, added = trace.erase_TBPW[t, first:last], trace.add_TBPW[t, first:last]
    writes = trace.write_address.weights_BHN[t + 1, first:last]
    wrote = trace.write_address.slot_BH[t + 1, first:last]
    grad_erase.fill(ZERO)
    grad_add.fill(ZERO)
    if read_first:
        write_vjp(
            before, writes, wrote, erase, added, borrowed,
            memory, weights_BPN, grad_erase, grad_add,
        )  # fmt: skip
    source, norm = (before, norm_before) if read_first else (after, norm_after)
    looked = trace.read_address.slot_BH[t + 1, first:last]
    read_vjp(
        source, trace.read_address.weights_BHN[t + 1, first:last], looked, borrowed,
        found.reshape(last - first, looked.shape[1], before.shape[1]), memory, weights_BRN,
    )  # fmt: skip
    heads = heads_at(trace.read_heads, t, first, last)
    point_vjp(
        kind, source, norm, trace.read_address.weights_BHN[t, first:last],
        trace.read_draws_TBRU[t, first:last], heads, looked, weights_BRN,
        grads.read_log_prob_TBR[t, first:last], grads.read_entropy_TBR[t, first:last],
        to_read, memory,
    )  # fmt: skip
    raw = grads.interface_TBI[t, first:last]
    reads, total = looked.shape[1], looked.shape[1] + wrote.shape[1]
    parameters_vjp(heads, to_read, total - reads, total, raw)
    if not read_first:
        write_vjp(
            before, writes, wrote, erase, added, borrowed,
            memory, weights_BPN, grad_erase, grad_add,
        )  # fmt: skip
    heads = heads_at(trace.write_heads, t, first, last)
    point_vjp(
        kind, before, norm_before, trace.write_address.weights_BHN[t, first:last],
        trace.write_draws_TBPU[t, first:last], heads, wrote, weights_BPN,
        grads.write_log_prob_TBP[t, first:last],
        grads.write_entropy_TBP[t, first:last], to_write, memory,
    )  # fmt: skip
    parameters_vjp(heads, to_write, 0, total, raw)
    changes_vjp(erase, grad_erase, grad_add, raw)
    matmul(raw, weights.interface_IC, hidden)
    found.fill(ZERO)
    to_hidden = grads.hidden_now_BC[first:last]
    to_hidden[:] = hidden
    hidden.fill(ZERO)
    drive_vjp(
        controller, weights.controller, trace.hidden_TBC[t, first:last],
        trace.cell_TBC[t, first:last], trace.gates_TBQ[t, first:last],
        trace.cell_TBC[t + 1, first:last], trace.hidden_TBC[t + 1, first:last], to_hidden,
        grads.cell_BC[first:last], grads.fed_TBG[t, first:last],
        grads.recurrent_TBG[t, first:last], hidden, found, back,
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
    for b in range(grad_BHN.shape[0]):
        for h in range(grad_BHN.shape[1]):
            for n in range(grad_BHN.shape[2]):
                total_BHN[b, h, n] += grad_BHN[b, h, n]


@kernel
def gradients(heads: Any) -> Any:
    """Room for the gradients of a group of heads in one step of a chunk."""
    _, _, group, width = heads.key_BHW.shape
    shifts, slots = heads.shift_BHS.shape[3], heads.cosine_BHN.shape[3]
    return HeadGradients(
        np.empty((CHUNK, group, width), np.float32),
        np.empty((CHUNK, group), np.float32),
        np.empty((CHUNK, group), np.float32),
        np.empty((CHUNK, group, shifts), np.float32),
        np.empty((CHUNK, group), np.float32),
        np.empty((CHUNK, group, slots), np.float32),
        np.empty((CHUNK, group, slots), np.float32),
        np.empty((3, slots), np.float32),
    )


@kernel
def narrowed(grads: Any, count: int) -> Any:
    """The room for fewer samples than a chunk has."""
    return HeadGradients(
        grads.key_BHW[:count],
        grads.strength_BH[:count],
        grads.gate_BH[:count],
        grads.shift_BHS[:count],
        grads.power_BH[:count],
        grads.one_BHN[:count],
        grads.two_BHN[:count],
        grads.scratch_3N,
    )
