"""The slots that are largest under noise, with their weights without it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ....estimators.choices import gumbel_noise
from ..compiler.jit import exact, kernel
from ..sorting import sort_few
from .base import FLOOR, Choice, chooses_for, keep, keep_vjp, kept, settings_of_kept
from .top_k import TOP_K

# `draws_U` is what `top_k` is given, then the noise of each slot: U = N + 2
_NOISE = 2


@exact
def _largest_under_noise(weighting_N: Any, draws_U: Any, slots_K: Any) -> None:
    """Sets the slots whose log-probability and noise are the largest, the lowest slot first.

    Of equal ones the first; NaN is larger than any number, as in torch's order.
    """
    count = len(slots_K)
    scores_N = np.empty(len(weighting_N), np.float32)
    for n in range(len(weighting_N)):
        weight = weighting_N[n]
        score = np.float32(np.log(max(weight, FLOOR))) + draws_U[_NOISE + n]
        scores_N[n] = score if weight == weight else np.float32(np.inf)
        place = min(n, count)
        if place == count:
            if not scores_N[n] > scores_N[slots_K[count - 1]]:
                continue
            place = count - 1
        while place > 0 and scores_N[n] > scores_N[slots_K[place - 1]]:
            slots_K[place] = slots_K[place - 1]
            place -= 1
        slots_K[place] = n
    sort_few(slots_K)


@kernel
def noisy_top_k(weighting_N: Any, missing: Any, draws_U: Any, weights_N: Any, slots_K: Any) -> None:
    """The weights of the slots that are largest under noise, those of the others zero."""
    _largest_under_noise(weighting_N, draws_U, slots_K)
    keep(weighting_N, draws_U, weights_N, slots_K)


@kernel
def noisy_top_k_vjp(
    weighting_N: Any,
    missing: Any,
    draws_U: Any,
    slot: int,
    grad_weights_N: Any,
    grad_weighting_N: Any,
) -> None:
    """As that of `top_k`: no gradient passes through the noise."""
    slots_K = np.empty(int(draws_U[0]), np.int64)
    _largest_under_noise(weighting_N, draws_U, slots_K)
    keep_vjp(weighting_N, draws_U, slots_K, grad_weights_N, grad_weighting_N)


def _noise(estimator: Any, groups: Sequence[int], slots: int, steps: int) -> Tensor:
    # group by group, as the reference draws it: numbers drawn in one go would be others
    noise = [gumbel_noise(rows, slots) for _ in range(steps) for rows in groups]
    noise_THN = estimator.noise * torch.cat(noise).view(steps, sum(groups), -1)
    return torch.cat([settings_of_kept(estimator, groups, slots, steps), noise_THN], -1)


NOISY_TOP_K = Choice(noisy_top_k, noisy_top_k_vjp, one_slot=False, kept=kept, draw=_noise)


@chooses_for("noisy_top_k")
def _choice(estimator: Any) -> Choice:
    return NOISY_TOP_K if estimator.training else TOP_K
