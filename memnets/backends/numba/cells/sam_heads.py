"""SAM's heads in one step: from raw parameters to addresses, what they access, and back."""

from __future__ import annotations

from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from ..choices.dispatch import choose_vjp
from ..columns import (
    take,
    take_sigmoid,
    take_sigmoid_vjp,
    take_softplus,
    take_softplus_vjp,
    take_vjp,
)
from ..compiler.jit import ONE, ZERO, kernel
from ..content import content_vjp
from ..memory import DENSE
from ..slices import copy


class Options(NamedTuple):
    """The options of a SAM.

    `named`: addresses are sparse and name their slots. `discounted`: usage is a discounted sum by
    `decay`, else the time of the last access, which counts above `threshold`.
    """

    named: Any
    key_strength: Any
    discounted: Any
    decay: Any
    threshold: Any


class Columns(NamedTuple):
    """The first column of each parameter in the raw interface; the cell's shapes say where."""

    query: int
    add: int
    write_gate: int
    read_gate: int
    strength: int = -1


class Heads(NamedTuple):
    """What the heads keep of their steps, with a leading axis of time, or of one step."""

    query_BHW: Any
    add_BHW: Any
    write_gate_BH: Any
    read_gate_BH: Any
    strength_BH: Any
    key_norm_BH: Any
    cosine_BHN: Any
    weighting_BHN: Any
    least_BH: Any


class Writes(NamedTuple):
    """Weights and slots of the writes, as sparse.py has them."""

    weights_BHZ: Any
    slots_BHE: Any


class HeadGradients(NamedTuple):
    """Gradients of the heads in one step: parameters, weights of the write, scratch over slots."""

    query_BHW: Any
    add_BHW: Any
    write_gate_BH: Any
    read_gate_BH: Any
    strength_BH: Any
    write_BHZ: Any
    one_BHN: Any
    two_BHN: Any
    scratch_3N: Any


@kernel
def head_parameters(raw_BI: Any, columns: Any, options: Any, heads: Any) -> None:
    """Cuts the parameters out of the raw interface and squashes the gates (SAM)."""
    batch, count, width = heads.query_BHW.shape
    take(raw_BI, columns.query, heads.query_BHW.reshape(batch, count * width))
    take(raw_BI, columns.add, heads.add_BHW.reshape(batch, count * width))
    take_sigmoid(raw_BI, columns.write_gate, heads.write_gate_BH)
    take_sigmoid(raw_BI, columns.read_gate, heads.read_gate_BH)
    if options.key_strength:
        take_softplus(raw_BI, columns.strength, ONE, heads.strength_BH)
    else:
        heads.strength_BH.fill(ONE)


@kernel
def head_parameters_vjp(
    heads: Any, columns: Any, options: Any, grads: Any, grad_raw_BI: Any
) -> None:
    """Sets the columns of the raw interface's gradient."""
    batch, count, width = heads.query_BHW.shape
    take_vjp(columns.query, grads.query_BHW.reshape(batch, count * width), grad_raw_BI)
    take_vjp(columns.add, grads.add_BHW.reshape(batch, count * width), grad_raw_BI)
    take_sigmoid_vjp(columns.write_gate, heads.write_gate_BH, grads.write_gate_BH, grad_raw_BI)
    take_sigmoid_vjp(columns.read_gate, heads.read_gate_BH, grads.read_gate_BH, grad_raw_BI)
    if options.key_strength:
        take_softplus_vjp(columns.strength, ONE, heads.strength_BH, grads.strength_BH, grad_raw_BI)


@kernel
def write_every_slot_of_nan(heads: Any, slots_BHE: Any) -> None:
    """Where a dense write is not finite, every slot gets it (0 × NaN = NaN)."""
    batch, count, width = heads.add_BHW.shape
    for b in range(batch):
        for h in range(count):
            finite = isfinite(heads.write_gate_BH[b, h] * heads.read_gate_BH[b, h])
            for w in range(width):
                finite = finite and isfinite(heads.add_BHW[b, h, w])
            if not finite:
                slots_BHE[b, h, 0] = DENSE


@kernel
def name_slots(address: Any, named_BHK: Any) -> None:
    """Weights of the slots that sparse addresses name; a no-op names the last, of weight zero."""
    batch, heads, kept = named_BHK.shape
    last = address.weights_BHN.shape[2] - 1
    for b in range(batch):
        for h in range(heads):
            weights_N, slots_K = address.weights_BHN[b, h], address.slots_BHK[b, h]
            for k in range(kept):
                slot = slots_K[k]
                if slot < 0:
                    named_BHK[b, h, k] = ZERO
                    slots_K[k] = last
                else:
                    named_BHK[b, h, k] = weights_N[slot]


@kernel
def accessed(write: Any, read_BHZ: Any, slots_BHK: Any, named: bool, out_BN: Any) -> None:
    """The sum of all weights of a step for each slot."""
    batch, heads, count = read_BHZ.shape
    out_BN.fill(ZERO)
    for b in range(batch):
        out_N = out_BN[b]
        for h in range(heads):
            write_Z, read_Z = write.weights_BHZ[b, h], read_BHZ[b, h]
            if named:
                for e in range(len(write_Z)):
                    out_N[write.slots_BHE[b, h, e]] += write_Z[e]
                for k in range(count):
                    out_N[slots_BHK[b, h, k]] += read_Z[k]
            else:
                for n in range(count):
                    out_N[n] += write_Z[n] + read_Z[n]


@kernel
def weightings_vjp(
    choice: Any,
    options: Any,
    memory_BWN: Any,
    norm_BN: Any,
    heads: Any,
    draws_BHU: Any,
    address: Any,
    grad_weights_BHZ: Any,
    grad_log_prob_BH: Any,
    grad_entropy_BH: Any,
    grads: Any,
    grad_memory_BWN: Any,
) -> None:
    """Sets the gradients of query and strength and adds to that of the memory.

    From those of the address; that of the weights is cleared, for what comes from the step before.
    """
    weights, weighting = grads.one_BHN, grads.two_BHN
    if options.named:
        weights.fill(ZERO)
        batch, count, kept = grad_weights_BHZ.shape
        for b in range(batch):
            for h in range(count):
                for k in range(kept):
                    weights[b, h, address.slots_BHK[b, h, k]] += grad_weights_BHZ[b, h, k]
    else:
        copy(grad_weights_BHZ, weights)
    grad_weights_BHZ.fill(ZERO)
    weighting.fill(ZERO)
    choose_vjp(
        choice, heads.weighting_BHN, draws_BHU, address.slot_BH, weights, grad_log_prob_BH,
        grad_entropy_BH, weighting,
    )  # fmt: skip
    grads.query_BHW.fill(ZERO)
    grads.strength_BH.fill(ZERO)
    content_vjp(
        memory_BWN, norm_BN, heads.query_BHW, heads.strength_BH, heads.key_norm_BH,
        heads.cosine_BHN, heads.weighting_BHN, weighting, weights, grad_memory_BWN,
        grads.query_BHW, grads.strength_BH, grads.scratch_3N,
    )  # fmt: skip


@kernel
def empty_gradients(heads: Any, writes: Any, count: int) -> Any:
    """Room for the gradients of the heads in one step of so many samples."""
    _, _, group, width = heads.query_BHW.shape
    slots = heads.cosine_BHN.shape[3]
    return HeadGradients(
        np.empty((count, group, width), np.float32),
        np.empty((count, group, width), np.float32),
        np.empty((count, group), np.float32),
        np.empty((count, group), np.float32),
        np.empty((count, group), np.float32),
        np.empty((count, group, writes.weights_BHZ.shape[3]), np.float32),
        np.empty((count, group, slots), np.float32),
        np.empty((count, group, slots), np.float32),
        np.empty((3, slots), np.float32),
    )
