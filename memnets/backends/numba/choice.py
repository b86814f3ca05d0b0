"""From a weighting to the address that is used: every slot, or one (estimators/choices.py)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...estimators.choices import PROBABILITY_FLOOR, ROUNDING
from .contents import DENSE, NOTHING
from .jit import ONE, ZERO, exact, exp, kernel, log

SOFT, SAMPLE, MODE, PLAIN, STRAIGHT, REINMAX, GUMBEL = 0, 1, 2, 3, 4, 5, 6
"""The weighting itself; a slot drawn by a uniform; the likeliest; that, of which nothing is told;
that with the weighting's gradient; one drawn with ReinMax's, one with that of its relaxation."""

_FLOOR = np.float32(PROBABILITY_FLOOR)
_ROUNDING = np.float32(ROUNDING)


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


@exact
def perturbed(weighting_N: Any, rest: Any, draws_U: Any) -> int:
    """The slot whose log-probability and Gumbel noise are the largest (Jang et al., 2017)."""
    slots = weighting_N.shape[0]
    best, most = 0, np.float32(-np.inf)
    for n in range(slots + 1):
        weight = max(weighting_N[n] if n < slots else rest, _FLOOR)
        score = np.float32(np.log(weight)) + draws_U[n]
        if score > most:
            best, most = n, score
    return best


@kernel
def borrows(kind: int) -> Any:
    """Whether one slot is used, with a gradient that every slot has a part in."""
    return kind >= STRAIGHT


@kernel
def missing(weighting_N: Any) -> Any:
    """What a weighting lacks to one, the probability of the no-op: nothing where it is rounding."""
    total = ZERO
    for n in range(weighting_N.shape[0]):
        total += weighting_N[n]
    rest = ONE - total
    # what is not a number stays so
    return ZERO if rest <= _ROUNDING else rest


@kernel
def choose(
    kind: int,
    weighting_BHN: Any,
    draws_BHU: Any,
    weights_BHN: Any,
    slot_BH: Any,
    log_prob_BH: Any,
    entropy_BH: Any,
) -> None:
    """The address of a weighting, with its log-probability and the weighting's entropy in nats.

    `draws_BHU` is what was drawn for it, U = 1: a uniform; for GUMBEL, U = N + 2: the noise of each
    slot and of the no-op, and the temperature.
    """
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
            if kind == SAMPLE or kind == REINMAX:
                choice = drawn(weighting_BHN[b, h], lack, draws_BHU[b, h, 0])
            elif kind == GUMBEL:
                choice = perturbed(weighting_BHN[b, h], lack, draws_BHU[b, h])
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
            if kind == SAMPLE or kind == MODE:
                log_prob_BH[b, h] = log(max(probability, _FLOOR))


@kernel
def choose_vjp(
    kind: int,
    weighting_BHN: Any,
    draws_BHU: Any,
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
            if kind == REINMAX:
                reinmax_vjp(
                    weighting_BHN[b, h], slot_BH[b, h],
                    grad_weights_BHN[b, h], grad_weighting_BHN[b, h],
                )  # fmt: skip
            if kind == GUMBEL:
                relaxed_vjp(
                    weighting_BHN[b, h], draws_BHU[b, h],
                    grad_weights_BHN[b, h], grad_weighting_BHN[b, h],
                )  # fmt: skip
            if kind == SAMPLE or kind == MODE:
                lack = missing(weighting_BHN[b, h])
                slot, grad = slot_BH[b, h], grad_log_prob_BH[b, h]
                if slot >= 0:
                    if weighting_BHN[b, h, slot] >= _FLOOR:
                        grad_weighting_BHN[b, h, slot] += grad / weighting_BHN[b, h, slot]
                elif lack > ZERO:
                    for n in range(slots):
                        grad_weighting_BHN[b, h, n] -= grad / lack
            grad = grad_entropy_BH[b, h]
            if grad != ZERO:
                lack = missing(weighting_BHN[b, h])
                from_rest = grad * (log(lack) + ONE) if lack > ZERO else ZERO
                for n in range(slots):
                    weight = weighting_BHN[b, h, n]
                    own = log(max(weight, _FLOOR)) + ONE if weight >= _FLOOR else ZERO
                    grad_weighting_BHN[b, h, n] += from_rest - grad * own


@kernel
def reinmax_vjp(weighting_N: Any, slot: int, grad_weights_N: Any, grad_weighting_N: Any) -> None:
    """ReinMax's gradient of a drawn slot, NOTHING being the no-op (Liu et al., 2023).

    Twice that of a softmax half way to the choice, less half of the weights' own.
    """
    slots = weighting_N.shape[0]
    lack = missing(weighting_N)
    half = np.float32(0.5)
    total, mean = ZERO, ZERO
    for n in range(slots):
        weight = max(half * (weighting_N[n] + (ONE if n == slot else ZERO)), _FLOOR)
        total += weight
        mean += weight * grad_weights_N[n]
    of_rest = max(half * (lack + (ONE if slot == NOTHING else ZERO)), _FLOOR)
    total += of_rest
    mean /= total
    from_rest = ZERO
    if lack > ZERO:
        from_rest = -(ONE + ONE) * of_rest / total * mean / lack
    for n in range(slots):
        grad = -half * grad_weights_N[n] - from_rest
        if weighting_N[n] >= _FLOOR:
            weight = max(half * (weighting_N[n] + (ONE if n == slot else ZERO)), _FLOOR)
            part = weight / total * (grad_weights_N[n] - mean)
            grad += (ONE + ONE) * part / weighting_N[n]
        grad_weighting_N[n] += grad


@kernel
def relaxed_vjp(weighting_N: Any, draws_U: Any, grad_weights_N: Any, grad_weighting_N: Any) -> None:
    """The gradient of the softmax of log-probabilities and noise (Jang et al., 2017)."""
    slots = weighting_N.shape[0]
    sharp = ONE / draws_U[slots + 1]
    lack = missing(weighting_N)
    rest = (log(max(lack, _FLOOR)) + draws_U[slots]) * sharp
    most = rest
    for n in range(slots):
        most = max(most, (log(max(weighting_N[n], _FLOOR)) + draws_U[n]) * sharp)
    of_rest = exp(rest - most)
    total, mean = of_rest, ZERO
    for n in range(slots):
        share = exp((log(max(weighting_N[n], _FLOOR)) + draws_U[n]) * sharp - most)
        total += share
        mean += share * grad_weights_N[n]
    mean /= total
    from_rest = -of_rest / total * mean * sharp / lack if lack > ZERO else ZERO
    for n in range(slots):
        grad = -from_rest
        weight = weighting_N[n]
        if weight >= _FLOOR:
            share = exp((log(weight) + draws_U[n]) * sharp - most) / total
            grad += share * (grad_weights_N[n] - mean) * sharp / weight
        grad_weighting_N[n] += grad
