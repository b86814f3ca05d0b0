"""A slot by the Gumbel-max trick, with the gradient of its relaxation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ....estimators.choices import gumbel_noise
from ..compiler.jit import ONE, ZERO, exact, exp, kernel, log
from .base import FLOOR, Choice, chooses_for, one_hot
from .mode import MODE

# `draws_U` is the noise of each slot and of the no-op, then the temperature: U = N + 2


@exact
def _perturbed(weighting_N: Any, missing: Any, draws_U: Any) -> int:
    """The choice whose log-probability and noise are the largest; the first where one is NaN."""
    slots = weighting_N.shape[0]
    best, most = 0, np.float32(-np.inf)
    if missing != missing:
        return best
    for n in range(slots + 1):
        weight = max(weighting_N[n] if n < slots else missing, FLOOR)
        score = np.float32(np.log(weight)) + draws_U[n]
        if score > most:
            best, most = n, score
    return best


@kernel
def gumbel(weighting_N: Any, missing: Any, draws_U: Any, weights_N: Any) -> int:
    """The slot that the noise in `draws_U` makes the largest; where a weight is NaN, all are."""
    slot = one_hot(_perturbed(weighting_N, missing, draws_U), weighting_N.shape[0], weights_N)
    if missing != missing:
        for n in range(weighting_N.shape[0]):
            weights_N[n] = missing
    return slot


@kernel
def gumbel_vjp(
    weighting_N: Any,
    missing: Any,
    draws_U: Any,
    slot: int,
    grad_weights_N: Any,
    grad_weighting_N: Any,
) -> None:
    """The gradient of the softmax of log-probabilities and noise (Jang et al., 2017)."""
    slots = weighting_N.shape[0]
    inverse_temperature = ONE / draws_U[slots + 1]
    rest = (log(max(missing, FLOOR)) + draws_U[slots]) * inverse_temperature
    most = rest
    for n in range(slots):
        score = (log(max(weighting_N[n], FLOOR)) + draws_U[n]) * inverse_temperature
        most = max(most, score)
    no_op = exp(rest - most)
    total, mean = no_op, ZERO
    for n in range(slots):
        score = (log(max(weighting_N[n], FLOOR)) + draws_U[n]) * inverse_temperature
        share = exp(score - most)
        total += share
        mean += share * grad_weights_N[n]
    mean /= total
    from_no_op = ZERO
    if missing > ZERO:
        from_no_op = -no_op / total * mean * inverse_temperature / missing
    for n in range(slots):
        grad = -from_no_op
        weight = weighting_N[n]
        if weight >= FLOOR:
            share = exp((log(weight) + draws_U[n]) * inverse_temperature - most) / total
            grad += share * (grad_weights_N[n] - mean) * inverse_temperature / weight
        grad_weighting_N[n] += grad


def _noise(estimator: Any, groups: Sequence[int], slots: int, steps: int) -> Tensor:
    # group by group, as the reference draws it: numbers drawn in one go would be others
    noise = [gumbel_noise(rows, slots + 1) for _ in range(steps) for rows in groups]
    noise_THN = torch.cat(noise).view(steps, sum(groups), -1)
    temperature_TH1 = noise_THN.new_full((*noise_THN.shape[:2], 1), estimator.temperature)
    return torch.cat([noise_THN, temperature_TH1], -1)


GUMBEL = Choice(gumbel, gumbel_vjp, has_dense_gradient=True, draw=_noise)


@chooses_for("gumbel")
def _choice(estimator: Any) -> Choice | None:
    """A relaxed sample, which uses every slot, has no kernel."""
    if not estimator.straight_through:
        return None
    return GUMBEL if estimator.training else MODE
