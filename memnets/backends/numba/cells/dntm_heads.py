"""A group of D-NTM heads in one step: from raw parameters to addresses, and back.

A row is a slot's address and content side by side. Where there is a no-op, it is the last row.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..choices.dispatch import choose, choose_vjp
from ..columns import (
    take,
    take_sigmoid,
    take_sigmoid_vjp,
    take_softplus,
    take_softplus_vjp,
    take_vjp,
)
from ..compiler.jit import ZERO, kernel
from ..content import content, content_vjp, cosine_similarity, cosine_similarity_vjp
from ..recency import recency, recency_vjp, recent, recent_vjp
from ..slices import copy, copy_first


class Options(NamedTuple):
    """The options of a D-NTM.

    `recency_of_score`: recency is that of the scores, else of the cosines. `tanh_candidate`: new
    content is squashed by tanh, else by relu. `gated_input`: a gate lets the input into it.
    `gradient_bound` bounds the gradient that a step hands back to the contents.
    """

    read_first: Any
    recency: Any
    recency_of_score: Any
    recency_decay: Any
    tanh_candidate: Any
    gated_input: Any
    least_strength: Any
    gradient_bound: Any


class Columns(NamedTuple):
    """The first column of each parameter in the raw interface; the cell's shapes say where.

    `candidate_gate` is the hidden state's share of the gate on the input; a cell without that gate,
    or without recency, has no such columns.
    """

    key: int
    strength: int
    erase: int
    candidate: int
    recency_gate: int = -1
    candidate_gate: int = -1


class Heads(NamedTuple):
    """What a group of heads keeps of its steps, with a leading axis of time, or of one step."""

    key_BHV: Any
    strength_BH: Any
    gate_BH: Any
    key_norm_BH: Any
    cosine_BHN: Any
    weighting_BHN: Any
    slots_BHN: Any


class HeadGradients(NamedTuple):
    """Gradients of a group of heads in one step: its parameters, and scratch over rows."""

    key_BHV: Any
    strength_BH: Any
    gate_BH: Any
    weights_BHN: Any
    one_BHN: Any
    two_BHN: Any
    scratch_3N: Any


@kernel
def head_parameters(raw_BI: Any, columns: Any, before: int, options: Any, heads: Any) -> None:
    """Cuts a group's parameters out of the raw interface and squashes them (D-NTM).

    So many heads stand `before` the group.
    """
    batch, group, width = heads.key_BHV.shape
    take(raw_BI, columns.key + before * width, heads.key_BHV.reshape(batch, group * width))
    take_softplus(raw_BI, columns.strength + before, options.least_strength, heads.strength_BH)
    if options.recency:
        take_sigmoid(raw_BI, columns.recency_gate + before, heads.gate_BH)


@kernel
def head_parameters_vjp(
    heads: Any, columns: Any, before: int, options: Any, grads: Any, grad_raw_BI: Any
) -> None:
    """Sets a group's columns of the raw interface's gradient."""
    batch, group, width = heads.key_BHV.shape
    grad_key_BZ = grads.key_BHV.reshape(batch, group * width)
    take_vjp(columns.key + before * width, grad_key_BZ, grad_raw_BI)
    take_softplus_vjp(
        columns.strength + before, options.least_strength, heads.strength_BH, grads.strength_BH,
        grad_raw_BI,
    )  # fmt: skip
    if options.recency:
        take_sigmoid_vjp(columns.recency_gate + before, heads.gate_BH, grads.gate_BH, grad_raw_BI)


@kernel
def head_addresses(
    choice: Any,
    options: Any,
    rows_BVN: Any,
    norm_BN: Any,
    recent_BHN: Any,
    draws_BHU: Any,
    heads: Any,
    after_BHN: Any,
    address: Any,
) -> None:
    """The addresses of a group of heads, and where they have looked lately then (D-NTM).

    The weights of `address` are as wide as the rows, and zero at the no-op.
    """
    if options.recency:
        cosine_similarity(heads.key_BHV, rows_BVN, norm_BN, heads.key_norm_BH, heads.cosine_BHN)
        recency(heads.cosine_BHN, heads.strength_BH, recent_BHN, heads.gate_BH, heads.weighting_BHN)
        recent(
            recent_BHN, heads.cosine_BHN, heads.strength_BH,
            options.recency_decay, options.recency_of_score, after_BHN,
        )  # fmt: skip
    else:
        content(
            rows_BVN, norm_BN, heads.key_BHV, heads.strength_BH, heads.key_norm_BH,
            heads.cosine_BHN, heads.weighting_BHN,
        )  # fmt: skip
        copy(recent_BHN, after_BHN)
    copy_first(heads.weighting_BHN, heads.slots_BHN)
    choose(choice, heads.slots_BHN, draws_BHU, address)


@kernel
def head_addresses_vjp(
    choice: Any,
    options: Any,
    rows_BVN: Any,
    norm_BN: Any,
    recent_BHN: Any,
    draws_BHU: Any,
    heads: Any,
    slot_BH: Any,
    grad_log_prob_BH: Any,
    grad_entropy_BH: Any,
    grads: Any,
    grad_recent_BHN: Any,
    grad_rows_BVN: Any,
) -> None:
    """Sets the gradients of the group's parameters and adds to that of the rows.

    `grads.weights_BHN` comes in as the gradient of the weights; that of
    the no-op is ignored. That of what is recent goes in as after the step and comes out as before.
    """
    grads.key_BHV.fill(ZERO)
    grads.strength_BH.fill(ZERO)
    grads.gate_BH.fill(ZERO)
    grads.one_BHN.fill(ZERO)
    grads.two_BHN.fill(ZERO)
    choose_vjp(
        choice, heads.slots_BHN, draws_BHU, slot_BH,
        grads.weights_BHN, grad_log_prob_BH, grad_entropy_BH, grads.one_BHN,
    )  # fmt: skip
    if options.recency:
        recent_vjp(options.recency_decay, grad_recent_BHN)
        recency_vjp(
            heads.cosine_BHN, heads.strength_BH, recent_BHN, heads.gate_BH, heads.weighting_BHN,
            grads.one_BHN, grads.two_BHN, grads.strength_BH, grad_recent_BHN, grads.gate_BH,
        )  # fmt: skip
        cosine_similarity_vjp(
            heads.key_BHV, rows_BVN, norm_BN, heads.key_norm_BH, heads.cosine_BHN,
            grads.two_BHN, grads.key_BHV, grad_rows_BVN, grads.scratch_3N,
        )  # fmt: skip
    else:
        content_vjp(
            rows_BVN, norm_BN, heads.key_BHV, heads.strength_BH, heads.key_norm_BH,
            heads.cosine_BHN, heads.weighting_BHN, grads.one_BHN, grads.two_BHN, grad_rows_BVN,
            grads.key_BHV, grads.strength_BH, grads.scratch_3N,
        )  # fmt: skip


@kernel
def empty_gradients(heads: Any, count: int) -> Any:
    """Room for the gradients of a group of heads in one step of so many samples."""
    _, _, group, width = heads.key_BHV.shape
    rows = heads.cosine_BHN.shape[3]
    return HeadGradients(
        np.empty((count, group, width), np.float32),
        np.empty((count, group), np.float32),
        np.empty((count, group), np.float32),
        np.empty((count, group, rows), np.float32),
        np.empty((count, group, rows), np.float32),
        np.empty((count, group, rows), np.float32),
        np.empty((3, rows), np.float32),
    )
