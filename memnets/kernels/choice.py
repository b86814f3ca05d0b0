"""From a weighting to the address that is used: every slot, or one (estimators/choices.py)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..estimators.choices import PROBABILITY_FLOOR
from .contents import DENSE, NOTHING
from .jit import ONE, ZERO, exact, kernel, log

SOFT, SAMPLE, MODE, STRAIGHT = 0, 1, 2, 3
"""The weighting itself; a slot drawn by a uniform; the likeliest; that with a borrowed gradient."""

_FLOOR = np.float32(PROBABILITY_FLOOR)


@exact
def drawn(weighting_N: Any, rest: Any, uniform: Any) -> int:
    """The slot where the running sum first exceeds the uniform's share of the total."""
    slots = weighting_N.shape[0]
    total = np.float64(0.0)
    for n in range(slots):
        total += np.float64(weighting_N[n])
    share = uniform * np.float32(total + np.float64(rest))
    running = np.float64(0.0)
    for n in range(slots):
        running += np.float64(weighting_N[n])
        # what is not a number ends the search at once, as in the reference
        if not np.float32(running) <= share:
            return n
    return slots


@exact
def likeliest(weighting_N: Any, rest: Any) -> int:
    """The first of the largest; the number of slots stands for the no-op."""
    best = 0
    for n in range(1, weighting_N.shape[0]):
        if weighting_N[n] > weighting_N[best]:
            best = n
    return best if weighting_N[best] >= rest else weighting_N.shape[0]


@kernel
def missing(weighting_N: Any) -> Any:
    """What a weighting lacks to one: the probability of the no-op, before it is kept above 0."""
    total = ZERO
    for n in range(weighting_N.shape[0]):
        total += weighting_N[n]
    return ONE - total


@kernel
def choose(
    kind: int,
    weighting_BHN: Any,
    uniform_BH: Any,
    weights_BHN: Any,
    slot_BH: Any,
    log_prob_BH: Any,
    entropy_BH: Any,
) -> None:
    """The address of a weighting, with its log-probability and the weighting's entropy in nats."""
    batch, heads, slots = weighting_BHN.shape
    for b in range(batch):
        for h in range(heads):
            total = ZERO
            for n in range(slots):
                weight = max(weighting_BHN[b, h, n], _FLOOR)
                total -= weight * log(weight)
            lack = missing(weighting_BHN[b, h])
            rest = max(lack, _FLOOR)
            entropy_BH[b, h] = total - rest * log(rest)
            log_prob_BH[b, h] = ZERO
            if kind == SOFT:
                slot_BH[b, h] = DENSE
                for n in range(slots):
                    weights_BHN[b, h, n] = weighting_BHN[b, h, n]
                continue
            lack = max(lack, ZERO)
            if kind == SAMPLE:
                choice = drawn(weighting_BHN[b, h], lack, uniform_BH[b, h])
            else:
                choice = likeliest(weighting_BHN[b, h], lack)
            for n in range(slots):
                weights_BHN[b, h, n] = ZERO
            probability = lack
            slot_BH[b, h] = NOTHING
            if choice < slots:
                probability = weighting_BHN[b, h, choice]
                slot_BH[b, h] = choice
                weights_BHN[b, h, choice] = ONE
            if kind != STRAIGHT:
                log_prob_BH[b, h] = log(max(probability, _FLOOR))


@kernel
def choose_vjp(
    kind: int,
    weighting_BHN: Any,
    slot_BH: Any,
    grad_weights_BHN: Any,
    grad_log_prob_BH: Any,
    grad_entropy_BH: Any,
    grad_weighting_BHN: Any,
) -> None:
    """The weighting's gradient: that of the weights where they are it or borrow from it."""
    batch, heads, slots = weighting_BHN.shape
    for b in range(batch):
        for h in range(heads):
            if kind == SOFT or kind == STRAIGHT:
                for n in range(slots):
                    grad_weighting_BHN[b, h, n] += grad_weights_BHN[b, h, n]
            if kind == SAMPLE or kind == MODE:
                lack = missing(weighting_BHN[b, h])
                slot, grad = slot_BH[b, h], grad_log_prob_BH[b, h]
                if slot >= 0:
                    if weighting_BHN[b, h, slot] >= _FLOOR:
                        grad_weighting_BHN[b, h, slot] += grad / weighting_BHN[b, h, slot]
                elif lack >= _FLOOR:
                    for n in range(slots):
                        grad_weighting_BHN[b, h, n] -= grad / lack
            grad = grad_entropy_BH[b, h]
            if grad != ZERO:
                lack = missing(weighting_BHN[b, h])
                from_rest = grad * (log(lack) + ONE) if lack >= _FLOOR else ZERO
                for n in range(slots):
                    weight = weighting_BHN[b, h, n]
                    own = log(max(weight, _FLOOR)) + ONE if weight >= _FLOOR else ZERO
                    grad_weighting_BHN[b, h, n] += from_rest - grad * own
