"""A group of NTM heads in one step: from raw parameters to addresses, and back."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..choices.dispatch import choose, choose_vjp
from ..columns import (
    take,
    take_sigmoid,
    take_sigmoid_vjp,
    take_softmax,
    take_softmax_vjp,
    take_softplus,
    take_softplus_vjp,
    take_vjp,
)
from ..compiler.jit import ONE, ZERO, kernel
from ..content import content, content_vjp
from ..location import interpolate, interpolate_vjp, sharpen, sharpen_vjp, shift, shift_vjp


class Columns(NamedTuple):
    """The first column of each parameter in the raw interface; the cell's shapes say where."""

    key: int
    strength: int
    gate: int
    shift: int
    power: int
    erase: int
    add: int


class Heads(NamedTuple):
    """What a group of heads keeps of its steps, with a leading axis of time, or of one step."""

    key_BHW: Any
    strength_BH: Any
    gate_BH: Any
    shift_BHD: Any
    power_BH: Any
    key_norm_BH: Any
    cosine_BHN: Any
    content_BHN: Any
    gated_BHN: Any
    shifted_BHN: Any
    log_BHN: Any
    weighting_BHN: Any


class HeadGradients(NamedTuple):
    """Gradients of a group of heads in one step: its parameters, and scratch over slots."""

    key_BHW: Any
    strength_BH: Any
    gate_BH: Any
    shift_BHD: Any
    power_BH: Any
    one_BHN: Any
    two_BHN: Any
    scratch_3N: Any


@kernel
def head_parameters(raw_BI: Any, columns: Any, before: int, heads: Any) -> None:
    """Cuts a group's parameters out of the raw interface and squashes them (NTM, section 3.3).

    So many heads stand `before` the group.
    """
    batch, group, width = heads.key_BHW.shape
    shifts = heads.shift_BHD.shape[2]
    key_BZ = heads.key_BHW.reshape(batch, group * width)
    take(raw_BI, columns.key + before * width, key_BZ)
    take_softplus(raw_BI, columns.strength + before, ZERO, heads.strength_BH)
    take_sigmoid(raw_BI, columns.gate + before, heads.gate_BH)
    take_softmax(raw_BI, columns.shift + before * shifts, heads.shift_BHD)
    take_softplus(raw_BI, columns.power + before, ONE, heads.power_BH)


@kernel
def head_parameters_vjp(
    heads: Any, columns: Any, before: int, grads: Any, grad_raw_BI: Any
) -> None:
    """Sets a group's columns of the raw interface's gradient."""
    batch, group, width = heads.key_BHW.shape
    shifts = heads.shift_BHD.shape[2]
    grad_key_BZ = grads.key_BHW.reshape(batch, group * width)
    take_vjp(columns.key + before * width, grad_key_BZ, grad_raw_BI)
    take_softplus_vjp(
        columns.strength + before, ZERO, heads.strength_BH, grads.strength_BH, grad_raw_BI
    )
    take_sigmoid_vjp(columns.gate + before, heads.gate_BH, grads.gate_BH, grad_raw_BI)
    take_softmax_vjp(columns.shift + before * shifts, heads.shift_BHD, grads.shift_BHD, grad_raw_BI)
    take_softplus_vjp(columns.power + before, ONE, heads.power_BH, grads.power_BH, grad_raw_BI)


@kernel
def write_vectors(raw_BI: Any, columns: Any, erase_BPW: Any, add_BPW: Any) -> None:
    """Erase and add vectors (NTM, section 3.2)."""
    batch, heads, width = erase_BPW.shape
    take_sigmoid(raw_BI, columns.erase, erase_BPW.reshape(batch, heads * width))
    take(raw_BI, columns.add, add_BPW.reshape(batch, heads * width))


@kernel
def write_vectors_vjp(
    erase_BPW: Any, columns: Any, grad_erase_BPW: Any, grad_add_BPW: Any, grad_raw_BI: Any
) -> None:
    """Sets their columns of the raw interface's gradient."""
    batch, heads, width = erase_BPW.shape
    flat = (batch, heads * width)
    take_sigmoid_vjp(
        columns.erase, erase_BPW.reshape(flat), grad_erase_BPW.reshape(flat), grad_raw_BI
    )
    take_vjp(columns.add, grad_add_BPW.reshape(flat), grad_raw_BI)


@kernel
def head_addresses(
    choice: Any,
    memory_BWN: Any,
    norm_BN: Any,
    previous_BHN: Any,
    draws_BHU: Any,
    heads: Any,
    address: Any,
) -> None:
    """The addresses of a group of heads (NTM, section 3.3, figure 2)."""
    content(
        memory_BWN, norm_BN, heads.key_BHW, heads.strength_BH, heads.key_norm_BH, heads.cosine_BHN,
        heads.content_BHN,
    )  # fmt: skip
    interpolate(heads.content_BHN, previous_BHN, heads.gate_BH, heads.gated_BHN)
    shift(heads.gated_BHN, heads.shift_BHD, heads.shifted_BHN)
    sharpen(heads.shifted_BHN, heads.power_BH, heads.log_BHN, heads.weighting_BHN)
    choose(choice, heads.weighting_BHN, draws_BHU, address)


@kernel
def head_addresses_vjp(
    choice: Any,
    memory_BWN: Any,
    norm_BN: Any,
    previous_BHN: Any,
    draws_BHU: Any,
    heads: Any,
    slot_BH: Any,
    grad_weights_BHN: Any,
    grad_log_prob_BH: Any,
    grad_entropy_BH: Any,
    grads: Any,
    grad_memory_BWN: Any,
) -> None:
    """Sets the gradients of the group's parameters and adds to that of the memory.

    `grad_weights_BHN` goes in as the gradient of this step's weights and comes out as that of the
    previous ones.
    """
    grads.key_BHW.fill(ZERO)
    grads.strength_BH.fill(ZERO)
    grads.gate_BH.fill(ZERO)
    grads.shift_BHD.fill(ZERO)
    grads.power_BH.fill(ZERO)
    weighting, shifted = grads.one_BHN, grads.two_BHN
    weighting.fill(ZERO)
    shifted.fill(ZERO)
    choose_vjp(
        choice, heads.weighting_BHN, draws_BHU, slot_BH,
        grad_weights_BHN, grad_log_prob_BH, grad_entropy_BH, weighting,
    )  # fmt: skip
    sharpen_vjp(
        heads.shifted_BHN, heads.power_BH, heads.log_BHN, heads.weighting_BHN,
        weighting, shifted, grads.power_BH,
    )  # fmt: skip
    gated = weighting
    gated.fill(ZERO)
    shift_vjp(heads.gated_BHN, heads.shift_BHD, shifted, gated, grads.shift_BHD)
    by_content = shifted
    by_content.fill(ZERO)
    grad_weights_BHN.fill(ZERO)
    interpolate_vjp(
        heads.content_BHN, previous_BHN, heads.gate_BH,
        gated, by_content, grad_weights_BHN, grads.gate_BH,
    )  # fmt: skip
    cosine = gated
    content_vjp(
        memory_BWN, norm_BN, heads.key_BHW, heads.strength_BH, heads.key_norm_BH, heads.cosine_BHN,
        heads.content_BHN, by_content, cosine, grad_memory_BWN, grads.key_BHW, grads.strength_BH,
        grads.scratch_3N,
    )  # fmt: skip


@kernel
def empty_gradients(heads: Any, count: int) -> Any:
    """Room for the gradients of a group of heads in one step of so many samples."""
    _, _, group, width = heads.key_BHW.shape
    shifts, slots = heads.shift_BHD.shape[3], heads.cosine_BHN.shape[3]
    return HeadGradients(
        np.empty((count, group, width), np.float32),
        np.empty((count, group), np.float32),
        np.empty((count, group), np.float32),
        np.empty((count, group, shifts), np.float32),
        np.empty((count, group), np.float32),
        np.empty((count, group, slots), np.float32),
        np.empty((count, group, slots), np.float32),
        np.empty((3, slots), np.float32),
    )
