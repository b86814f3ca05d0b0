"""A group of DNC heads in one step: parameters and content weightings, and back."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..choices.dispatch import choose_vjp
from ..columns import take, take_softplus, take_softplus_vjp, take_vjp
from ..compiler.jit import ZERO, kernel
from ..content import content, content_vjp


class Options(NamedTuple):
    """The options of a DNC; no `clip` is an infinite one."""

    links: Any
    deallocation: Any
    stop_gradient: Any
    usage_floor: Any
    least_strength: Any
    clip: Any


class Columns(NamedTuple):
    """The first column of each parameter in the raw interface; the cell's shapes say where."""

    read_key: int
    read_strength: int
    write_key: int
    write_strength: int
    erase: int
    add: int
    free: int
    allocation_gate: int
    write_gate: int
    modes: int = -1


class Heads(NamedTuple):
    """What a group of heads keeps of its steps, with a leading axis of time, or of one step."""

    key_BHW: Any
    strength_BH: Any
    key_norm_BH: Any
    cosine_BHN: Any
    content_BHN: Any
    weighting_BHN: Any


class Following(NamedTuple):
    """What reading along links keeps."""

    modes_BRM: Any
    forward_BRPN: Any
    backward_BRPN: Any


@kernel
def head_parameters(raw_BI: Any, key: int, strength: int, least_strength: Any, heads: Any) -> None:
    """Keys and strengths of a group, from the columns where they begin."""
    batch, group, width = heads.key_BHW.shape
    take(raw_BI, key, heads.key_BHW.reshape(batch, group * width))
    take_softplus(raw_BI, strength, least_strength, heads.strength_BH)


@kernel
def head_parameters_vjp(
    key: int,
    strength: int,
    least_strength: Any,
    heads: Any,
    grad_key_BHW: Any,
    grad_strength_BH: Any,
    grad_raw_BI: Any,
) -> None:
    """Sets their columns of the raw interface's gradient."""
    batch, group, width = heads.key_BHW.shape
    take_vjp(key, grad_key_BHW.reshape(batch, group * width), grad_raw_BI)
    take_softplus_vjp(strength, least_strength, heads.strength_BH, grad_strength_BH, grad_raw_BI)


@kernel
def content_weightings(memory_BWN: Any, norm_BN: Any, heads: Any) -> None:
    """The content weightings of a group of heads."""
    content(
        memory_BWN, norm_BN, heads.key_BHW, heads.strength_BH, heads.key_norm_BH, heads.cosine_BHN,
        heads.content_BHN,
    )  # fmt: skip


@kernel
def content_weightings_vjp(
    memory_BWN: Any,
    norm_BN: Any,
    heads: Any,
    grad_content_BHN: Any,
    grad_cosine_BHN: Any,
    grad_key_BHW: Any,
    grad_strength_BH: Any,
    grad_memory_BWN: Any,
    scratch_3N: Any,
) -> None:
    """Sets the gradients of keys and strengths; that of the cosine is scratch."""
    grad_key_BHW.fill(ZERO)
    grad_strength_BH.fill(ZERO)
    content_vjp(
        memory_BWN, norm_BN, heads.key_BHW, heads.strength_BH, heads.key_norm_BH, heads.cosine_BHN,
        heads.content_BHN, grad_content_BHN, grad_cosine_BHN, grad_memory_BWN, grad_key_BHW,
        grad_strength_BH, scratch_3N,
    )  # fmt: skip


@kernel
def weightings_vjp(
    choice: Any,
    weighting_BHN: Any,
    draws_BHU: Any,
    slot_BH: Any,
    grad_weights_BHN: Any,
    grad_log_prob_BH: Any,
    grad_entropy_BH: Any,
    grad_weighting_BHN: Any,
) -> None:
    """Sets the gradient of a group's weightings from that of its address.

    That of the weights is cleared, for what comes from the step before.
    """
    grad_weighting_BHN.fill(ZERO)
    choose_vjp(
        choice, weighting_BHN, draws_BHU, slot_BH, grad_weights_BHN, grad_log_prob_BH,
        grad_entropy_BH, grad_weighting_BHN,
    )  # fmt: skip
    grad_weights_BHN.fill(ZERO)
