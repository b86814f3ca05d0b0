"""What a choice is: one way from a weighting to an address, as two kernels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ....estimators.choices import PROBABILITY_FLOOR, ROUNDING
from ..compiler.jit import ONE, ZERO, kernel, log
from ..memory import NOTHING

FLOOR = np.float32(PROBABILITY_FLOOR)
_ROUNDING = np.float32(ROUNDING)


class ChoiceCode(NamedTuple):
    """What compiled kernels know of a choice; the fields are those of `Choice`."""

    number: int
    one_slot: bool
    has_dense_gradient: bool
    is_sparse: bool


def _zeros(estimator: Any, groups: Sequence[int], slots: int, steps: int) -> Tensor:
    """What a choice without random numbers is given in their place."""
    return torch.zeros(steps, sum(groups), 1, dtype=torch.float32)


@dataclass(frozen=True, eq=False)
class Choice:
    """One way from a weighting to an address."""

    choose: Any
    """Kernel `(weighting_N, missing, draws_U, weights_N)`: sets the weights of the address.

    Returns the slot that was chosen, NOTHING for the no-op, or DENSE where every slot is used.
    A choice of several slots also takes `slots_K`, which it sets to them, and returns nothing.
    """
    vjp: Any
    """Kernel `(weighting_N, missing, draws_U, slot, grad_weights_N, grad_weighting_N)`.

    Adds to the weighting's gradient what comes from that of the weights.
    """
    one_slot: bool = True
    """One slot is read and written, or none."""
    has_dense_gradient: bool = False
    """One slot is used, and every slot gets a gradient."""
    is_sparse: bool = False
    """The address is sparse and has the log-probability of the choice."""
    kept: Callable[[Any, int], int] | None = None
    """`(estimator, slots)`: how many slots a choice of several keeps; None for any other.

    Its address is sparse and names them. Kernels may take its weights, most of them zero, as dense.
    """
    draw: Callable[[Any, Sequence[int], int, int], Tensor] = _zeros
    """`(estimator, groups, slots, steps)`: the random numbers of a rollout, (T, H, U).

    H is the sum of the groups: the heads of all samples, group by group, choose together.
    """


Chooser = Callable[[Any], Choice | None]
choosers: dict[str, Chooser] = {}
"""By the registered name of an estimator: which choice it makes at present, or None."""


def chooses_for(name: str) -> Callable[[Chooser], Chooser]:
    """Registers the function that says which choice an estimator of this name makes.

    By name, so that no kernel is compiled again because an estimator was edited.
    """

    def register(chooser: Chooser) -> Chooser:
        choosers[name] = chooser
        return chooser

    return register


def uniforms(estimator: Any, groups: Sequence[int], slots: int, steps: int) -> Tensor:
    """One uniform per choice, as `estimators.choices.sample` draws them."""
    return torch.rand(steps, sum(groups), dtype=torch.float32).unsqueeze(-1)


@kernel
def missing(weighting_N: Any) -> Any:
    """What a weighting lacks to one, the probability of the no-op; zero where it is rounding."""
    total = ZERO
    for n in range(weighting_N.shape[0]):
        total += weighting_N[n]
    rest = ONE - total
    # the comparison is false for NaN, which therefore stays
    return ZERO if rest <= _ROUNDING else rest


@kernel
def entropy(weighting_N: Any, missing: Any) -> Any:
    """Entropy in nats of a weighting and its no-op."""
    total = ZERO
    for n in range(weighting_N.shape[0]):
        weight = max(weighting_N[n], FLOOR)
        total -= weight * log(weight)
    rest = max(missing, FLOOR)
    # the floors would lose NaN
    return total - rest * log(rest) if missing == missing else missing


@kernel
def entropy_vjp(weighting_N: Any, missing: Any, grad: Any, grad_weighting_N: Any) -> None:
    """Adds the weighting's gradient; `grad` is that of the entropy."""
    from_rest = grad * (log(missing) + ONE) if missing > ZERO else ZERO
    for n in range(weighting_N.shape[0]):
        weight = weighting_N[n]
        own = log(max(weight, FLOOR)) + ONE if weight >= FLOOR else ZERO
        grad_weighting_N[n] += from_rest - grad * own


@kernel
def one_hot(choice: int, slots: int, weights_N: Any) -> int:
    """Sets the weights of one choice among so many slots, and returns its slot.

    The number of slots stands for the no-op. `weights_N` may be longer; the rest is left alone.
    """
    for n in range(slots):
        weights_N[n] = ZERO
    if choice == slots:
        return NOTHING
    weights_N[choice] = ONE
    return choice


@kernel
def no_gradient(
    weighting_N: Any,
    missing: Any,
    draws_U: Any,
    slot: int,
    grad_weights_N: Any,
    grad_weighting_N: Any,
) -> None:
    """The weights pass no gradient on."""


@kernel
def keep(weighting_N: Any, draws_U: Any, weights_N: Any, slots_K: Any) -> None:
    """Sets the weights of the slots that are kept, and zeros."""
    scale, _ = _scale(weighting_N, draws_U, slots_K)
    for n in range(len(weighting_N)):
        weights_N[n] = ZERO
    for k in range(len(slots_K)):
        slot = slots_K[k]
        weights_N[slot] = weighting_N[slot] * scale


@kernel
def keep_vjp(
    weighting_N: Any, draws_U: Any, slots_K: Any, grad_weights_N: Any, grad_weighting_N: Any
) -> None:
    """Adds the weighting's gradient, of the slots that were kept."""
    scale, kept = _scale(weighting_N, draws_U, slots_K)
    along = ZERO
    for k in range(len(slots_K)):
        slot = slots_K[k]
        grad_weighting_N[slot] += grad_weights_N[slot] * scale
        along += grad_weights_N[slot] * weighting_N[slot]
    if draws_U[1] == ZERO:
        return
    floored = max(kept, FLOOR)
    for n in range(len(weighting_N)):
        grad_weighting_N[n] += along / floored
    if kept >= FLOOR:
        for k in range(len(slots_K)):
            grad_weighting_N[slots_K[k]] -= along * scale / kept


@kernel
def _scale(weighting_N: Any, draws_U: Any, slots_K: Any) -> Any:
    """What the kept weights are multiplied by, and their sum."""
    kept = ZERO
    for k in range(len(slots_K)):
        kept += weighting_N[slots_K[k]]
    if draws_U[1] == ZERO:
        return ONE, kept
    total = ZERO
    for n in range(len(weighting_N)):
        total += weighting_N[n]
    return total / max(kept, FLOOR), kept


def kept(estimator: Any, slots: int) -> int:
    """How many slots an estimator keeps of so many."""
    return min(int(estimator.k), slots)


def settings_of_kept(estimator: Any, groups: Sequence[int], slots: int, steps: int) -> Tensor:
    """What is the same for every choice, in the place of random numbers."""
    settings_U = torch.tensor([kept(estimator, slots), float(estimator.renormalise)])
    return settings_U.to(torch.float32).expand(steps, sum(groups), 2)
