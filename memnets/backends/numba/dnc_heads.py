"""The DNC's interface and heads in one step: from raw parameters to addresses, and back."""

from __future__ import annotations

from typing import Any, NamedTuple

from .choice import choose, choose_vjp
from .content import cosine, cosine_vjp, softmax, softmax_vjp
from .jit import ONE, ZERO, exp, kernel, sigmoid, softplus
from .ntm_heads import Address


class Options(NamedTuple):
    """What a DNC is told once: `least` is the least strength; no `clip` is an infinite one."""

    links: Any
    deallocation: Any
    stop_gradient: Any
    floor: Any
    least: Any
    clip: Any


class Heads(NamedTuple):
    """What a group of heads keeps of its steps, with a leading axis of time, or of one step."""

    key_BHW: Any
    strength_BH: Any
    key_norm_BH: Any
    cosine_BHN: Any
    content_BHN: Any
    weighting_BHN: Any


class Allocation(NamedTuple):
    """What finding free slots keeps: gates, what was freed, and each write head's free list."""

    free_BR: Any
    allocation_gate_BP: Any
    write_gate_BP: Any
    retention_BN: Any
    used_BPN: Any
    order_BPN: Any
    allocation_BPN: Any


class Following(NamedTuple):
    """What reading along links keeps."""

    modes_BRM: Any
    forward_BRPN: Any
    backward_BRPN: Any


@kernel
def heads_at(heads: Any, t: int, first: int, last: int) -> Any:
    """One step of a chunk of samples, as the functions below."""
    return Heads(
        heads.key_BHW[t, first:last],
        heads.strength_BH[t, first:last],
        heads.key_norm_BH[t, first:last],
        heads.cosine_BHN[t, first:last],
        heads.content_BHN[t, first:last],
        heads.weighting_BHN[t, first:last],
    )


@kernel
def address_at(address: Any, t: int, first: int, last: int) -> Any:
    """Of where a group pointed."""
    return Address(
        address.weights_BHN[t, first:last],
        address.slot_BH[t, first:last],
        address.log_prob_BH[t, first:last],
        address.entropy_BH[t, first:last],
    )


@kernel
def allocation_at(found: Any, t: int, first: int, last: int) -> Any:
    """Of what finding free slots keeps."""
    return Allocation(
        found.free_BR[t, first:last],
        found.allocation_gate_BP[t, first:last],
        found.write_gate_BP[t, first:last],
        found.retention_BN[t, first:last],
        found.used_BPN[t, first:last],
        found.order_BPN[t, first:last],
        found.allocation_BPN[t, first:last],
    )


@kernel
def following_at(following: Any, t: int, first: int, last: int) -> Any:
    """Of what reading along links keeps."""
    return Following(
        following.modes_BRM[t, first:last],
        following.forward_BRPN[t, first:last],
        following.backward_BRPN[t, first:last],
    )


@kernel
def look(memory_BWN: Any, norm_BN: Any, heads: Any) -> None:
    """The content weighting of a group of heads."""
    cosine(heads.key_BHW, memory_BWN, norm_BN, heads.key_norm_BH, heads.cosine_BHN)
    softmax(heads.cosine_BHN, heads.strength_BH, heads.content_BHN)


@kernel
def look_vjp(
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
    grad_cosine_BHN.fill(ZERO)
    grad_key_BHW.fill(ZERO)
    grad_strength_BH.fill(ZERO)
    softmax_vjp(
        heads.cosine_BHN, heads.strength_BH, heads.content_BHN,
        grad_content_BHN, grad_cosine_BHN, grad_strength_BH,
    )  # fmt: skip
    cosine_vjp(
        heads.key_BHW, memory_BWN, norm_BN, heads.key_norm_BH, heads.cosine_BHN,
        grad_cosine_BHN, grad_key_BHW, grad_memory_BWN, scratch_3N,
    )  # fmt: skip


@kernel
def point(kind: int, weighting_BHN: Any, draws_BHU: Any, address: Any) -> None:
    """The address of a group's weightings."""
    choose(
        kind, weighting_BHN, draws_BHU,
        address.weights_BHN, address.slot_BH, address.log_prob_BH, address.entropy_BH,
    )  # fmt: skip


@kernel
def point_vjp(
    kind: int,
    weighting_BHN: Any,
    draws_BHU: Any,
    slot_BH: Any,
    grad_weights_BHN: Any,
    grad_log_prob_BH: Any,
    grad_entropy_BH: Any,
    grad_weighting_BHN: Any,
) -> None:
    """Sets the weightings' gradient, and clears that of the weights for what comes before."""
    grad_weighting_BHN.fill(ZERO)
    choose_vjp(
        kind, weighting_BHN, draws_BHU, slot_BH, grad_weights_BHN, grad_log_prob_BH,
        grad_entropy_BH, grad_weighting_BHN,
    )  # fmt: skip
    grad_weights_BHN.fill(ZERO)


@kernel
def keys(raw_BI: Any, start: int, least: Any, heads: Any) -> None:
    """Keys and strengths of a group, from the column `start` of the raw interface on."""
    batch, group, width = heads.key_BHW.shape
    for b in range(batch):
        for h in range(group):
            for w in range(width):
                heads.key_BHW[b, h, w] = raw_BI[b, start + h * width + w]
            heads.strength_BH[b, h] = least + softplus(raw_BI[b, start + group * width + h])


@kernel
def keys_vjp(
    start: int, least: Any, heads: Any, grad_key_BHW: Any, grad_strength_BH: Any, grad_raw_BI: Any
) -> None:
    """Sets their columns of the raw interface's gradient."""
    batch, group, width = heads.key_BHW.shape
    for b in range(batch):
        for h in range(group):
            for w in range(width):
                grad_raw_BI[b, start + h * width + w] = grad_key_BHW[b, h, w]
            # the derivative of softplus is the sigmoid, one less e to the minus softplus
            slope = ONE - exp(least - heads.strength_BH[b, h])
            grad_raw_BI[b, start + group * width + h] = grad_strength_BH[b, h] * slope


@kernel
def squash(raw_BI: Any, start: int, out_BX: Any) -> None:
    """Logistic sigmoid of the columns from `start` on."""
    batch, size = out_BX.shape
    for b in range(batch):
        for x in range(size):
            out_BX[b, x] = sigmoid(raw_BI[b, start + x])


@kernel
def squash_vjp(start: int, out_BX: Any, grad_out_BX: Any, grad_raw_BI: Any) -> None:
    """Sets their columns of the raw interface's gradient."""
    batch, size = out_BX.shape
    for b in range(batch):
        for x in range(size):
            out = out_BX[b, x]
            grad_raw_BI[b, start + x] = grad_out_BX[b, x] * out * (ONE - out)


@kernel
def read_modes(raw_BI: Any, start: int, modes_BRM: Any) -> None:
    """Softmax over each read head's modes."""
    batch, heads, modes = modes_BRM.shape
    for b in range(batch):
        for r in range(heads):
            at = start + r * modes
            top, mass = raw_BI[b, at], ZERO
            for m in range(1, modes):
                top = max(top, raw_BI[b, at + m])
            for m in range(modes):
                modes_BRM[b, r, m] = exp(raw_BI[b, at + m] - top)
                mass += modes_BRM[b, r, m]
            for m in range(modes):
                modes_BRM[b, r, m] /= mass


@kernel
def read_modes_vjp(start: int, modes_BRM: Any, grad_modes_BRM: Any, grad_raw_BI: Any) -> None:
    """Sets their columns of the raw interface's gradient."""
    batch, heads, modes = modes_BRM.shape
    for b in range(batch):
        for r in range(heads):
            mean = ZERO
            for m in range(modes):
                mean += modes_BRM[b, r, m] * grad_modes_BRM[b, r, m]
            for m in range(modes):
                grad = modes_BRM[b, r, m] * (grad_modes_BRM[b, r, m] - mean)
                grad_raw_BI[b, start + r * modes + m] = grad
