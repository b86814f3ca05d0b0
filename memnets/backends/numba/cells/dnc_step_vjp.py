"""One step of the DNC back: the gradients of reading and of writing."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..columns import take_sigmoid_vjp, take_softmax_vjp, take_vjp
from ..compiler.jit import ZERO, kernel, part
from ..links_vjp import forward_backward_vjp, link_vjp, mix_read_modes_vjp, precedence_vjp
from ..memory_vjp import read_vjp, write_vjp
from ..slices import at
from ..undo import restore_links
from ..usage import deallocate, deallocate_vjp, retention_vjp, usage_vjp
from .dnc_allocation import write_weightings_vjp
from .dnc_heads import content_weightings_vjp, head_parameters_vjp, weightings_vjp


class Snapshots(NamedTuple):
    """Memory, its norms and the links before and after a step."""

    before_BWN: Any
    after_BWN: Any
    norm_before_BN: Any
    norm_after_BN: Any
    link_before_BPNN: Any
    link_after_BPNN: Any


class StepGradients(NamedTuple):
    """Gradients within one step of a chunk, and scratch."""

    write_key_BPW: Any
    write_strength_BP: Any
    read_key_BRW: Any
    read_strength_BR: Any
    erase_BPW: Any
    add_BPW: Any
    free_BR: Any
    allocation_gate_BP: Any
    write_gate_BP: Any
    modes_BRM: Any
    retention_BN: Any
    write_weighting_BPN: Any
    write_content_BPN: Any
    read_weighting_BRN: Any
    read_content_BRN: Any
    forward_BRPN: Any
    backward_BRPN: Any
    scratch_3N: Any
    outer_NZ: Any
    inner_ZN: Any
    emptied_BWN: Any
    back_BZ: Any


@part
def read_step_vjp(
    choice: Any, columns: Any, options: Any, trace: Any, grads: Any, states: Any, step: Any,
    t: int, first: int, last: int, raw: Any,
) -> None:  # fmt: skip
    """From the gradient of what was read to those of memory, links and the last reads."""
    dense_gradient = choice.has_dense_gradient
    heads = at(trace.read_heads, t, first, last)
    batch, reads, width = heads.key_BHW.shape
    slot = trace.read_address.slot_BH[t + 1, first:last]
    memory = grads.memory_BWN[first:last]
    to_weights = grads.read_weights_BRN[first:last]
    read_vjp(
        states.after_BWN, trace.read_address.weights_BHN[t + 1, first:last], slot, dense_gradient,
        grads.read_BO[first:last].reshape(batch, reads, width), memory, to_weights,
    )  # fmt: skip
    weightings_vjp(
        choice, heads.weighting_BHN if options.links else heads.content_BHN,
        trace.read_draws_TBRU[t, first:last], slot, to_weights,
        grads.read_address.log_prob_TBH[t, first:last],
        grads.read_address.entropy_TBH[t, first:last],
        step.read_weighting_BRN,
    )  # fmt: skip
    to_content, to_cosine = step.read_weighting_BRN, step.read_content_BRN
    if options.links:
        follow = at(trace.following, t, first, last)
        to_content, to_cosine = step.read_content_BRN, step.read_weighting_BRN
        to_content.fill(ZERO)
        step.modes_BRM.fill(ZERO)
        step.forward_BRPN.fill(ZERO)
        step.backward_BRPN.fill(ZERO)
        mix_read_modes_vjp(
            follow.modes_BRM, follow.backward_BRPN, heads.content_BHN, follow.forward_BRPN,
            step.read_weighting_BRN, step.modes_BRM, step.backward_BRPN, to_content,
            step.forward_BRPN,
        )  # fmt: skip
        forward_backward_vjp(
            states.link_after_BPNN, trace.read_address.weights_BHN[t, first:last],
            trace.read_address.slot_BH[t, first:last], dense_gradient, step.forward_BRPN,
            step.backward_BRPN, grads.link_BPNN[first:last], to_weights,
            step.outer_NZ, step.inner_ZN,
        )  # fmt: skip
        take_softmax_vjp(columns.modes, follow.modes_BRM, step.modes_BRM, raw)
    content_weightings_vjp(
        states.after_BWN, states.norm_after_BN, heads, to_content, to_cosine, step.read_key_BRW,
        step.read_strength_BR, memory, step.scratch_3N,
    )  # fmt: skip
    head_parameters_vjp(
        columns.read_key, columns.read_strength, options.least_strength, heads,
        step.read_key_BRW, step.read_strength_BR, raw,
    )  # fmt: skip


@part
def write_step_vjp(
    choice: Any, columns: Any, options: Any, trace: Any, grads: Any, states: Any, step: Any,
    t: int, first: int, last: int, raw: Any,
) -> None:  # fmt: skip
    """From the gradients of the state after the write to those before the step."""
    dense_gradient = choice.has_dense_gradient
    heads = at(trace.write_heads, t, first, last)
    found = at(trace.allocation, t, first, last)
    written = trace.write_address.weights_BHN[t + 1, first:last]
    slot = trace.write_address.slot_BH[t + 1, first:last]
    erase, added = trace.erase_TBPW[t, first:last], trace.add_TBPW[t, first:last]
    batch, writes, width = erase.shape
    memory, to_weights = grads.memory_BWN[first:last], grads.write_weights_BPN[first:last]
    used = grads.usage_BN[first:last]
    if options.links:
        before = trace.precedence_TBPN[t, first:last]
        to_last = grads.precedence_BPN[first:last]
        precedence_vjp(before, written, to_last, to_weights)
        if choice.one_slot:
            restore_links(
                states.link_before_BPNN, slot,
                trace.row_TBPN[t, first:last], trace.column_TBPN[t, first:last],
            )  # fmt: skip
        link_vjp(
            states.link_before_BPNN, before, written, slot, dense_gradient,
            grads.link_BPNN[first:last], to_last, to_weights,
        )  # fmt: skip
    step.erase_BPW.fill(ZERO)
    step.add_BPW.fill(ZERO)
    step.retention_BN.fill(ZERO)
    source = states.before_BWN
    if options.deallocation:
        source = step.emptied_BWN
        deallocate(states.before_BWN, found.retention_BN, source)
    write_vjp(
        source, written, slot, erase, added, dense_gradient, memory, to_weights,
        step.erase_BPW, step.add_BPW,
    )  # fmt: skip
    if options.deallocation:
        deallocate_vjp(states.before_BWN, found.retention_BN, memory, step.retention_BN)
    weightings_vjp(
        choice, heads.weighting_BHN, trace.write_draws_TBPU[t, first:last], slot, to_weights,
        grads.write_address.log_prob_TBH[t, first:last],
        grads.write_address.entropy_TBH[t, first:last], step.write_weighting_BPN,
    )  # fmt: skip
    step.write_content_BPN.fill(ZERO)
    step.allocation_gate_BP.fill(ZERO)
    step.write_gate_BP.fill(ZERO)
    step.free_BR.fill(ZERO)
    write_weightings_vjp(
        heads.content_BHN, found.allocation_gate_BP, found.write_gate_BP, options.usage_floor,
        found.used_BPN, found.order_BPN, found.allocation_BPN, step.write_weighting_BPN,
        used, step.write_content_BPN, step.allocation_gate_BP, step.write_gate_BP, step.scratch_3N,
    )  # fmt: skip
    content_weightings_vjp(
        states.before_BWN, states.norm_before_BN, heads, step.write_content_BPN,
        step.write_weighting_BPN, step.write_key_BPW, step.write_strength_BP, memory,
        step.scratch_3N,
    )  # fmt: skip
    usage_vjp(
        trace.usage_TBN[t, first:last], trace.write_address.weights_BHN[t, first:last],
        found.retention_BN, options.stop_gradient, used, to_weights, step.retention_BN,
        step.scratch_3N[0],
    )  # fmt: skip
    retention_vjp(
        found.free_BR, trace.read_address.weights_BHN[t, first:last], step.retention_BN,
        step.free_BR, grads.read_weights_BRN[first:last], step.scratch_3N[0],
    )  # fmt: skip
    head_parameters_vjp(
        columns.write_key, columns.write_strength, options.least_strength, heads,
        step.write_key_BPW, step.write_strength_BP, raw,
    )  # fmt: skip
    flat = (batch, writes * width)
    take_sigmoid_vjp(columns.erase, erase.reshape(flat), step.erase_BPW.reshape(flat), raw)
    take_vjp(columns.add, step.add_BPW.reshape(flat), raw)
    take_sigmoid_vjp(columns.free, found.free_BR, step.free_BR, raw)
    take_sigmoid_vjp(
        columns.allocation_gate, found.allocation_gate_BP, step.allocation_gate_BP, raw
    )
    take_sigmoid_vjp(columns.write_gate, found.write_gate_BP, step.write_gate_BP, raw)


@kernel
def empty_gradients(trace: Any, weights: Any, count: int) -> Any:
    """StepGradients for the gradients within a step of so many samples."""
    _, width, slots = trace.memory_BWN.shape
    writes, reads = trace.write_draws_TBPU.shape[2], trace.read_draws_TBRU.shape[2]
    return StepGradients(
        np.empty((count, writes, width), np.float32),
        np.empty((count, writes), np.float32),
        np.empty((count, reads, width), np.float32),
        np.empty((count, reads), np.float32),
        np.empty((count, writes, width), np.float32),
        np.empty((count, writes, width), np.float32),
        np.empty((count, reads), np.float32),
        np.empty((count, writes), np.float32),
        np.empty((count, writes), np.float32),
        np.empty((count, reads, 2 * writes + 1), np.float32),
        np.empty((count, slots), np.float32),
        np.empty((count, writes, slots), np.float32),
        np.empty((count, writes, slots), np.float32),
        np.empty((count, reads, slots), np.float32),
        np.empty((count, reads, slots), np.float32),
        np.empty((count, reads, writes, slots), np.float32),
        np.empty((count, reads, writes, slots), np.float32),
        np.empty((3, slots), np.float32),
        np.empty((slots, 2 * reads), np.float32),
        np.empty((2 * reads, slots), np.float32),
        np.empty((count, width, slots), np.float32),
        np.empty((count, weights.back_GZ.shape[1]), np.float32),
    )
