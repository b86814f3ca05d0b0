"""A group of NTM heads in one step: from raw parameters to an address, and back."""

from __future__ import annotations

from typing import Any, NamedTuple

from .choice import choose, choose_vjp
from .content import cosine, cosine_vjp, softmax, softmax_vjp
from .jit import ONE, ZERO, exp, kernel, sigmoid, softplus
from .location import interpolate, interpolate_vjp, sharpen, sharpen_vjp, shift, shift_vjp


class Heads(NamedTuple):
    """What a group of heads keeps of its steps, with a leading axis of time, or of one step."""

    key_BHW: Any
    strength_BH: Any
    gate_BH: Any
    shift_BHS: Any
    power_BH: Any
    key_norm_BH: Any
    cosine_BHN: Any
    content_BHN: Any
    gated_BHN: Any
    shifted_BHN: Any
    log_BHN: Any
    weighting_BHN: Any


class Address(NamedTuple):
    """Where a group of heads pointed, with a leading axis of time, or in one step."""

    weights_BHN: Any
    slot_BH: Any
    log_prob_BH: Any
    entropy_BH: Any


class HeadGradients(NamedTuple):
    """Gradients of a group of heads in one step: its parameters, and scratch over slots."""

    key_BHW: Any
    strength_BH: Any
    gate_BH: Any
    shift_BHS: Any
    power_BH: Any
    one_BHN: Any
    two_BHN: Any
    scratch_3N: Any


@kernel
def heads_at(heads: Any, t: int, first: int, last: int) -> Any:
    """One step of a chunk of samples."""
    return Heads(
        heads.key_BHW[t, first:last],
        heads.strength_BH[t, first:last],
        heads.gate_BH[t, first:last],
        heads.shift_BHS[t, first:last],
        heads.power_BH[t, first:last],
        heads.key_norm_BH[t, first:last],
        heads.cosine_BHN[t, first:last],
        heads.content_BHN[t, first:last],
        heads.gated_BHN[t, first:last],
        heads.shifted_BHN[t, first:last],
        heads.log_BHN[t, first:last],
        heads.weighting_BHN[t, first:last],
    )


@kernel
def address_at(address: Any, t: int, first: int, last: int) -> Any:
    """One step of a chunk of samples."""
    return Address(
        address.weights_BHN[t, first:last],
        address.slot_BH[t, first:last],
        address.log_prob_BH[t, first:last],
        address.entropy_BH[t, first:last],
    )


@kernel
def parameters(raw_BI: Any, before: int, total: int, heads: Any) -> None:
    """Cuts the raw interface into a group's parameters and squashes them (NTM, section 3.3).

    The group stands after `before` other heads of `total`.
    """
    batch, group, width = heads.key_BHW.shape
    shifts = heads.shift_BHS.shape[2]
    for b in range(batch):
        for h in range(group):
            head = before + h
            for w in range(width):
                heads.key_BHW[b, h, w] = raw_BI[b, head * width + w]
            at = total * width + head
            heads.strength_BH[b, h] = softplus(raw_BI[b, at])
            heads.gate_BH[b, h] = sigmoid(raw_BI[b, at + total])
            heads.power_BH[b, h] = ONE + softplus(raw_BI[b, total * (width + 2 + shifts) + head])
            at = total * (width + 2) + head * shifts
            top, mass = raw_BI[b, at], ZERO
            for s in range(1, shifts):
                top = max(top, raw_BI[b, at + s])
            for s in range(shifts):
                heads.shift_BHS[b, h, s] = exp(raw_BI[b, at + s] - top)
                mass += heads.shift_BHS[b, h, s]
            for s in range(shifts):
                heads.shift_BHS[b, h, s] /= mass


@kernel
def parameters_vjp(heads: Any, grads: Any, before: int, total: int, grad_raw_BI: Any) -> None:
    """Sets a group's columns of the raw interface's gradient."""
    batch, group, width = heads.key_BHW.shape
    shifts = heads.shift_BHS.shape[2]
    for b in range(batch):
        for h in range(group):
            head = before + h
            for w in range(width):
                grad_raw_BI[b, head * width + w] = grads.key_BHW[b, h, w]
            at = total * width + head
            # the derivative of softplus is the sigmoid, one less e to the minus softplus
            slope = ONE - exp(-heads.strength_BH[b, h])
            grad_raw_BI[b, at] = grads.strength_BH[b, h] * slope
            gate = heads.gate_BH[b, h]
            grad_raw_BI[b, at + total] = grads.gate_BH[b, h] * gate * (ONE - gate)
            slope = ONE - exp(ONE - heads.power_BH[b, h])
            grad_raw_BI[b, total * (width + 2 + shifts) + head] = grads.power_BH[b, h] * slope
            at = total * (width + 2) + head * shifts
            mean = ZERO
            for s in range(shifts):
                mean += heads.shift_BHS[b, h, s] * grads.shift_BHS[b, h, s]
            for s in range(shifts):
                share = heads.shift_BHS[b, h, s]
                grad_raw_BI[b, at + s] = share * (grads.shift_BHS[b, h, s] - mean)


@kernel
def point(
    kind: int,
    memory_BWN: Any,
    norm_BN: Any,
    previous_BHN: Any,
    draws_BHU: Any,
    heads: Any,
    address: Any,
) -> None:
    """The address of a group of heads (NTM, section 3.3, figure 2)."""
    cosine(heads.key_BHW, memory_BWN, norm_BN, heads.key_norm_BH, heads.cosine_BHN)
    softmax(heads.cosine_BHN, heads.strength_BH, heads.content_BHN)
    interpolate(heads.content_BHN, previous_BHN, heads.gate_BH, heads.gated_BHN)
    shift(heads.gated_BHN, heads.shift_BHS, heads.shifted_BHN)
    sharpen(heads.shifted_BHN, heads.power_BH, heads.log_BHN, heads.weighting_BHN)
    choose(
        kind, heads.weighting_BHN, draws_BHU,
        address.weights_BHN, address.slot_BH, address.log_prob_BH, address.entropy_BH,
    )  # fmt: skip


@kernel
def point_vjp(
    kind: int,
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
    grads.shift_BHS.fill(ZERO)
    grads.power_BH.fill(ZERO)
    weighting, shifted = grads.one_BHN, grads.two_BHN
    weighting.fill(ZERO)
    shifted.fill(ZERO)
    choose_vjp(
        kind, heads.weighting_BHN, draws_BHU, slot_BH,
        grad_weights_BHN, grad_log_prob_BH, grad_entropy_BH, weighting,
    )  # fmt: skip
    sharpen_vjp(
        heads.shifted_BHN, heads.power_BH, heads.log_BHN, heads.weighting_BHN,
        weighting, shifted, grads.power_BH,
    )  # fmt: skip
    gated = weighting
    gated.fill(ZERO)
    shift_vjp(heads.gated_BHN, heads.shift_BHS, shifted, gated, grads.shift_BHS)
    content = shifted
    content.fill(ZERO)
    grad_weights_BHN.fill(ZERO)
    interpolate_vjp(
        heads.content_BHN, previous_BHN, heads.gate_BH,
        gated, content, grad_weights_BHN, grads.gate_BH,
    )  # fmt: skip
    cosines = gated
    cosines.fill(ZERO)
    softmax_vjp(
        heads.cosine_BHN, heads.strength_BH, heads.content_BHN, content, cosines, grads.strength_BH
    )
    cosine_vjp(
        heads.key_BHW, memory_BWN, norm_BN, heads.key_norm_BH, heads.cosine_BHN,
        cosines, grads.key_BHW, grad_memory_BWN, grads.scratch_3N,
    )  # fmt: skip
