"""A group of D-NTM heads in one step: from raw parameters to an address, and back.

V is the width of a row, its address and its content; M counts the rows that are scored, the slots
and, where there is one, the no-op, which is the last of them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .choice import choose, choose_vjp
from .content import cosine, cosine_vjp, softmax, softmax_vjp
from .jit import ONE, ZERO, exp, kernel, sigmoid, softplus
from .recency import recency, recency_vjp, recent, recent_vjp


class Options(NamedTuple):
    """What a D-NTM is told once.

    `bent` asks for a tanh candidate, `least` is the least strength, `bound` that of the gradient
    handed back to the contents.
    """

    read_first: Any
    recency: Any
    of_score: Any
    bent: Any
    decay: Any
    least: Any
    bound: Any


class Heads(NamedTuple):
    """What a group of heads keeps of its steps, with a leading axis of time, or of one step."""

    key_BHV: Any
    strength_BH: Any
    gate_BH: Any
    key_norm_BH: Any
    cosine_BHM: Any
    weighting_BHM: Any
    slots_BHN: Any


class HeadGradients(NamedTuple):
    """Gradients of a group of heads in one step: its parameters, and scratch over rows."""

    key_BHV: Any
    strength_BH: Any
    gate_BH: Any
    weights_BHM: Any
    one_BHM: Any
    two_BHM: Any
    scratch_3M: Any


@kernel
def heads_at(heads: Any, t: int, first: int, last: int) -> Any:
    """One step of a chunk of samples."""
    return Heads(
        heads.key_BHV[t, first:last],
        heads.strength_BH[t, first:last],
        heads.gate_BH[t, first:last],
        heads.key_norm_BH[t, first:last],
        heads.cosine_BHM[t, first:last],
        heads.weighting_BHM[t, first:last],
        heads.slots_BHN[t, first:last],
    )


@kernel
def parameters(
    raw_BI: Any, before: int, total: int, changed: int, options: Any, heads: Any
) -> None:
    """Cuts the raw interface into a group's parameters and squashes them (D-NTM).

    The group stands after `before` other heads of `total`; `changed` columns of erase and candidate
    lie between the strengths and the recency gates.
    """
    batch, group, width = heads.key_BHV.shape
    for b in range(batch):
        for h in range(group):
            head = before + h
            for v in range(width):
                heads.key_BHV[b, h, v] = raw_BI[b, head * width + v]
            at = total * width + head
            heads.strength_BH[b, h] = options.least + softplus(raw_BI[b, at])
            if options.recency:
                heads.gate_BH[b, h] = sigmoid(raw_BI[b, at + total + changed])


@kernel
def parameters_vjp(
    heads: Any, grads: Any, before: int, total: int, changed: int, options: Any, grad_raw_BI: Any
) -> None:
    """Sets a group's columns of the raw interface's gradient."""
    batch, group, width = heads.key_BHV.shape
    for b in range(batch):
        for h in range(group):
            head = before + h
            for v in range(width):
                grad_raw_BI[b, head * width + v] = grads.key_BHV[b, h, v]
            at = total * width + head
            # the derivative of softplus is the sigmoid, one less e to the minus softplus
            slope = ONE - exp(options.least - heads.strength_BH[b, h])
            grad_raw_BI[b, at] = grads.strength_BH[b, h] * slope
            if options.recency:
                gate = heads.gate_BH[b, h]
                grad_raw_BI[b, at + total + changed] = grads.gate_BH[b, h] * gate * (ONE - gate)


@kernel
def point(
    kind: int,
    options: Any,
    rows_BVM: Any,
    norm_BM: Any,
    recent_BHM: Any,
    draws_BHU: Any,
    heads: Any,
    after_BHM: Any,
    address: Any,
) -> None:
    """The address of a group of heads, and where they have then looked lately (D-NTM).

    The weights of `address` are M wide and zero at the no-op.
    """
    cosine(heads.key_BHV, rows_BVM, norm_BM, heads.key_norm_BH, heads.cosine_BHM)
    if options.recency:
        recency(heads.cosine_BHM, heads.strength_BH, recent_BHM, heads.gate_BH, heads.weighting_BHM)
        recent(
            recent_BHM, heads.cosine_BHM, heads.strength_BH,
            options.decay, options.of_score, after_BHM,
        )  # fmt: skip
    else:
        softmax(heads.cosine_BHM, heads.strength_BH, heads.weighting_BHM)
        copy(recent_BHM, after_BHM)
    copy(heads.weighting_BHM, heads.slots_BHN)
    choose(
        kind, heads.slots_BHN, draws_BHU,
        address.weights_BHN, address.slot_BH, address.log_prob_BH, address.entropy_BH,
    )  # fmt: skip


@kernel
def point_vjp(
    kind: int,
    options: Any,
    rows_BVM: Any,
    norm_BM: Any,
    recent_BHM: Any,
    draws_BHU: Any,
    heads: Any,
    slot_BH: Any,
    grad_log_prob_BH: Any,
    grad_entropy_BH: Any,
    grads: Any,
    grad_recent_BHM: Any,
    grad_rows_BVM: Any,
) -> None:
    """Sets the gradients of the group's parameters and adds to that of the rows.

    `grads.weights_BHM` comes in as the gradient of the weights; its no-op is passed over. That of
    what is recent goes in as after the step and comes out as before it.
    """
    grads.key_BHV.fill(ZERO)
    grads.strength_BH.fill(ZERO)
    grads.gate_BH.fill(ZERO)
    grads.one_BHM.fill(ZERO)
    grads.two_BHM.fill(ZERO)
    choose_vjp(
        kind, heads.slots_BHN, draws_BHU, slot_BH,
        grads.weights_BHM, grad_log_prob_BH, grad_entropy_BH, grads.one_BHM,
    )  # fmt: skip
    if options.recency:
        recent_vjp(options.decay, grad_recent_BHM)
        recency_vjp(
            heads.cosine_BHM, heads.strength_BH, recent_BHM, heads.gate_BH, heads.weighting_BHM,
            grads.one_BHM, grads.two_BHM, grads.strength_BH, grad_recent_BHM, grads.gate_BH,
        )  # fmt: skip
    else:
        softmax_vjp(
            heads.cosine_BHM, heads.strength_BH, heads.weighting_BHM,
            grads.one_BHM, grads.two_BHM, grads.strength_BH,
        )  # fmt: skip
    cosine_vjp(
        heads.key_BHV, rows_BVM, norm_BM, heads.key_norm_BH, heads.cosine_BHM,
        grads.two_BHM, grads.key_BHV, grad_rows_BVM, grads.scratch_3M,
    )  # fmt: skip


@kernel
def copy(from_BHM: Any, to_BHN: Any) -> None:
    """As many columns as the second has."""
    batch, heads, slots = to_BHN.shape
    for b in range(batch):
        for h in range(heads):
            for n in range(slots):
                to_BHN[b, h, n] = from_BHM[b, h, n]
