"""Evolution strategies as equations: how fitness is shaped, and the gradient that it estimates.

Members of a population are θ + σε and θ − σε for N directions ε of standard normal numbers; D is
the number of parameters, and the first axis of a fitness (2, N) is the sign.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

Shaping = Callable[[Tensor], Tensor]
"""Fitness (M,) of a population, finite or nan, to weights (M,) that sum to zero."""


def estimated_gradient(noise_ND: Tensor, fitness_2N: Tensor, sigma: float) -> Tensor:
    """Gradient, (D,), of the expected fitness under the noise (Salimans et al., 2017).

    Unbiased for the mean of the fitness over N(θ, σ²), whatever the fitness is; what is even in ε,
    such as a constant or a curvature, cancels within each pair. For a quadratic that is its own
    gradient at θ.
    """
    plus_N, minus_N = fitness_2N
    return (plus_N - minus_N) @ noise_ND / (2 * len(noise_ND) * sigma)


def centred_ranks(fitness_M: Tensor) -> Tensor:
    """Ranks from −1/2, the worst, to 1/2 (Salimans et al., 2017): the scale of fitness is gone.

    Equal fitness shares the mean of its ranks; nan is the worst of all.
    """
    return _by_rank(fitness_M, torch.linspace(-0.5, 0.5, len(fitness_M), dtype=fitness_M.dtype))


def utilities(fitness_M: Tensor) -> Tensor:
    """Weights of ranks that tell apart the better half only (NES, Wierstra et al., 2014)."""
    count = len(fitness_M)
    ranks_M = torch.arange(count, 0, -1, dtype=fitness_M.dtype)
    weights_M = (math.log(count / 2 + 1) - ranks_M.log()).clamp_min(0)
    return _by_rank(fitness_M, weights_M / weights_M.sum() - 1 / count)


def standardised(fitness_M: Tensor) -> Tensor:
    """Fitness of mean zero and deviation one; zero where all are equal, nan is the worst."""
    finite_M = fitness_M[fitness_M.isfinite()]
    worst = finite_M.min().item() if len(finite_M) else 0.0
    centred_M = fitness_M.nan_to_num(worst, worst, worst)
    centred_M = centred_M - centred_M.mean()
    deviation = centred_M.square().mean().sqrt()
    return centred_M / deviation if deviation else torch.zeros_like(centred_M)


SHAPINGS: dict[str, Shaping] = {
    "centred_ranks": centred_ranks,
    "utilities": utilities,
    "standardised": standardised,
}


def _by_rank(fitness_M: Tensor, weights_M: Tensor) -> Tensor:
    """The weight of each rank, worst first; equal fitness shares the mean of its weights."""
    ordered_M = fitness_M.nan_to_num(-torch.inf, torch.inf, -torch.inf)
    _, group_M, counts = ordered_M.unique(return_inverse=True, return_counts=True)
    group_of_rank_M = group_M.sort().values
    sums = weights_M.new_zeros(len(counts)).index_add(0, group_of_rank_M, weights_M)
    return (sums / counts)[group_M]
