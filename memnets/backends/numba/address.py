"""What the kernels of every cell know of an address."""

from __future__ import annotations

from typing import Any, NamedTuple

from .compiler.jit import ZERO, kernel
from .slices import copy_first


class Address(NamedTuple):
    """Where a group of heads pointed, with a leading axis of time, or in one step.

    memory.py says what a slot may be. `slots_BHK` are the slots that a choice of several keeps;
    of any other choice the slot again, for a cell that asks for one column, else no columns.
    """

    weights_BHN: Any
    slot_BH: Any
    log_prob_BH: Any
    entropy_BH: Any
    slots_BHK: Any


class AddressGradients(NamedTuple):
    """The gradients that come in for a group of heads; those of the weights for T steps or none."""

    weights_TBHN: Any
    log_prob_TBH: Any
    entropy_TBH: Any


@kernel
def set_weights_gradient(
    choice: Any, weights_TBHN: Any, t: int, first: int, last: int, out_BHN: Any
) -> None:
    """The gradient that comes in for a step's weights; zero where none does, and for the no-op."""
    out_BHN.fill(ZERO)
    has_gradient = choice.has_dense_gradient or not choice.one_slot
    if has_gradient and len(weights_TBHN):
        copy_first(weights_TBHN[t, first:last], out_BHN)
