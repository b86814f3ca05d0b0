"""What the kernels of every cell know of an address."""

from __future__ import annotations

from typing import Any, NamedTuple


class Address(NamedTuple):
    """Where a group of heads pointed, with a leading axis of time, or in one step.

    memory.py says what a slot may be.
    """

    weights_BHN: Any
    slot_BH: Any
    log_prob_BH: Any
    entropy_BH: Any


class AddressGradients(NamedTuple):
    """The gradients that come in for a group of heads; those of the weights for T steps or none."""

    weights_TBHN: Any
    log_prob_TBH: Any
    entropy_TBH: Any
