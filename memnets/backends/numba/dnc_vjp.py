"""One step of the DNC back: of reading and of writing."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .allocation import write_weightings_vjp
from .choice import SOFT, borrows
from .contents import read_vjp, write_vjp
from .dnc import columns_of
from .dnc_heads import (
    allocation_at,
    following_at,
    heads_at,
    keys_vjp,
    look_vjp,
    point_vjp,
    read_modes_vjp,
    squash_vjp,
)
from .follow import forward_backward_vjp, mix_read_modes_vjp
from .jit import ZERO, kernel, part
from .links import link_vjp, precedence_vjp, unlink
from .usage import deallocate, deallocate_vjp, retention_vjp, usage_vjp


class Now(NamedTuple):
    """Memory, its norms and the links before and after a step."""

    before_BWN: Any
    after_BWN: Any
    norm_before_BN: Any
    norm_after_BN: Any
    link_before_BPNN: Any
    link_after_BPNN: Any


class Room(NamedTuple):
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
    outer_NK: Any
    inner_KN: Any
    emptied_BWN: Any
    back_BZ: Any


@part
def recall_vjp(
    kind: int, options: Any, trace: Any, grads: Any, now: Any, room: Any,
    t: int, first: int, last: int, raw: Any,
) -> None:  # fmt: skip
    """Of reading: from the gradient of what was read to those of memory, links and last reads."""
    borrowed = borrows(kind)
    heads = heads_at(trace.read_heads, t, first, last)
    batch, reads, width = heads.key_BHW.shape
    slot = trace.read_address.slot_BH[t + 1, first:last]
    memory = grads.memory_BWN[first:last]
    to_weights = grads.read_weights_BRN[first:last]
    read_vjp(
        now.after_BWN, trace.read_address.weights_BHN[t + 1, first:last], slot, borrowed,
        grads.read_BR[first:last].reshape(batch, reads, width), memory, to_weights,
    )  # fmt: skip
    point_vjp(
        kind, heads.weighting_BHN if options.links else heads.content_BHN,
        trace.read_draws_TBRU[t, first:last], slot, to_weights,
        grads.read_log_prob_TBR[t, first:last], grads.read_entropy_TBR[t, first:last],
        room.read_weighting_BRN,
    )  # fmt: skip
    to_content, to_cosine = room.read_weighting_BRN, room.read_content_BRN
    if options.links:
        follow = following_at(trace.following, t, first, last)
        to_content, to_cosine = room.read_content_BRN, room.read_weighting_BRN
        to_content.fill(ZERO)
        room.modes_BRM.fill(ZERO)
        room.forward_BRPN.fill(ZERO)
        room.backward_BRPN.fill(ZERO)
        mix_read_modes_vjp(
            follow.modes_BRM, follow.backward_BRPN, heads.content_BHN, follow.forward_BRPN,
            room.read_weighting_BRN, room.modes_BRM, room.backward_BRPN, to_content,
            room.forward_BRPN,
        )  # fmt: skip
        forward_backward_vjp(
            now.link_after_BPNN, trace.read_address.weights_BHN[t, first:last],
            trace.read_address.slot_BH[t, first:last], borrowed, room.forward_BRPN,
            room.backward_BRPN, grads.link_BPNN[first:last], to_weights,
            room.outer_NK, room.inner_KN,
        )  # fmt: skip
        writes = follow.forward_BRPN.shape[2]
        read_modes_vjp(columns_of(writes, reads, width)[6], follow.modes_BRM, room.modes_BRM, raw)
    look_vjp(
        now.after_BWN, now.norm_after_BN, heads, to_content, to_cosine, room.read_key_BRW,
        room.read_strength_BR, memory, room.scratch_3N,
    )  # fmt: skip
    keys_vjp(0, options.least, heads, room.read_key_BRW, room.read_strength_BR, raw)


@part
def remember_vjp(
    kind: int, options: Any, trace: Any, grads: Any, now: Any, room: Any,
    t: int, first: int, last: int, raw: Any,
) -> None:  # fmt: skip
    """Of writing: from the gradients of the state after the write to those before the step."""
    borrowed = borrows(kind)
    heads = heads_at(trace.write_heads, t, first, last)
    found = allocation_at(trace.allocation, t, first, last)
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
        if kind != SOFT:
            unlink(
                now.link_before_BPNN, slot,
                trace.row_TBPN[t, first:last], trace.column_TBPN[t, first:last],
            )  # fmt: skip
        link_vjp(
            now.link_before_BPNN, before, written, slot, borrowed,
            grads.link_BPNN[first:last], to_last, to_weights,
        )  # fmt: skip
    room.erase_BPW.fill(ZERO)
    room.add_BPW.fill(ZERO)
    room.retention_BN.fill(ZERO)
    source = now.before_BWN
    if options.deallocation:
        source = room.emptied_BWN
        deallocate(now.before_BWN, found.retention_BN, source)
    write_vjp(
        source, written, slot, erase, added, borrowed, memory, to_weights,
        room.erase_BPW, room.add_BPW,
    )  # fmt: skip
    if options.deallocation:
        deallocate_vjp(now.before_BWN, found.retention_BN, memory, room.retention_BN)
    point_vjp(
        kind, heads.weighting_BHN, trace.write_draws_TBPU[t, first:last], slot, to_weights,
        grads.write_log_prob_TBP[t, first:last],
        grads.write_entropy_TBP[t, first:last], room.write_weighting_BPN,
    )  # fmt: skip
    room.write_content_BPN.fill(ZERO)
    room.allocation_gate_BP.fill(ZERO)
    room.write_gate_BP.fill(ZERO)
    room.free_BR.fill(ZERO)
    write_weightings_vjp(
        heads.content_BHN, found.allocation_gate_BP, found.write_gate_BP, options.floor,
        found.used_BPN, found.order_BPN, found.allocation_BPN, room.write_weighting_BPN,
        used, room.write_content_BPN, room.allocation_gate_BP, room.write_gate_BP, room.scratch_3N,
    )  # fmt: skip
    look_vjp(
        now.before_BWN, now.norm_before_BN, heads, room.write_content_BPN,
        room.write_weighting_BPN, room.write_key_BPW, room.write_strength_BP, memory,
        room.scratch_3N,
    )  # fmt: skip
    usage_vjp(
        trace.usage_TBN[t, first:last], trace.write_address.weights_BHN[t, first:last],
        found.retention_BN, options.stop_gradient, used, to_weights, room.retention_BN,
        room.scratch_3N[0],
    )  # fmt: skip
    retention_vjp(
        found.free_BR, trace.read_address.weights_BHN[t, first:last], room.retention_BN,
        room.free_BR, grads.read_weights_BRN[first:last], room.scratch_3N[0],
    )  # fmt: skip
    start, at_erase, at_add, free, allocate, gate, _ = columns_of(
        writes, found.free_BR.shape[1], width
    )
    keys_vjp(start, options.least, heads, room.write_key_BPW, room.write_strength_BP, raw)
    wide = (batch, writes * width)
    squash_vjp(at_erase, erase.reshape(wide), room.erase_BPW.reshape(wide), raw)
    for b in range(batch):
        for p in range(writes):
            for w in range(width):
                raw[b, at_add + p * width + w] = room.add_BPW[b, p, w]
    squash_vjp(free, found.free_BR, room.free_BR, raw)
    squash_vjp(allocate, found.allocation_gate_BP, room.allocation_gate_BP, raw)
    squash_vjp(gate, found.write_gate_BP, room.write_gate_BP, raw)


@kernel
def room_for(trace: Any, weights: Any, count: int) -> Any:
    """Room for the gradients within a step of so many samples."""
    _, width, slots = trace.memory_BWN.shape
    writes, reads = trace.write_draws_TBPU.shape[2], trace.read_draws_TBRU.shape[2]
    return Room(
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
