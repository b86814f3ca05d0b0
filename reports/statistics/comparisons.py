"""Two models against each other: paired differences and tests, probability of improvement."""

from __future__ import annotations

import functools
from collections.abc import Hashable, Sequence

import numpy as np
from scipy import optimize, stats

from .base import SEEDS, SEEDS_AND_TASKS, UNKNOWN, Estimate
from .resampling import percentiles

_EXACT = 15
"""Up to so many pairs every choice of signs is counted: 2 to this power."""
_TINY = 1e-9


def paired_difference(
    first_SK: np.ndarray,
    second_SK: np.ndarray,
    rng: np.random.Generator,
    *,
    tasks: Sequence[Hashable] | None = None,
    level: float = 0.95,
    resamples: int = 2000,
) -> Estimate:
    """Mean of first minus second; rows are seeds, which are redrawn whole.

    Redrawing whole seeds keeps what pairs of one seed share: the data and the soft runs. The
    interval speaks for new seeds of the same tasks and models. With `tasks`, the task of each
    column, these are redrawn whole too, independently of seeds (Owen 2007, "The pigeonhole
    bootstrap", Annals of Applied Statistics 1), and it speaks for new tasks as well. Both ends are
    nan for one seed, or one task where tasks are redrawn; shapes that differ are a ValueError.
    """
    first, second = np.asarray(first_SK, dtype=float), np.asarray(second_SK, dtype=float)
    if first.shape != second.shape:
        raise ValueError(f"pairs need equal shapes, got {first.shape} and {second.shape}.")
    if not first.size:
        return UNKNOWN
    differences_SK = (first - second).reshape(len(first), -1)
    seeds = len(differences_SK)
    value, over = float(differences_SK.mean()), SEEDS if tasks is None else SEEDS_AND_TASKS
    names = list(dict.fromkeys(() if tasks is None else tasks))
    units = seeds if tasks is None else min(seeds, len(names))
    if units < 2:
        return Estimate(value, float("nan"), float("nan"), seeds, over)
    drawn_RS = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=resamples)
    means_RK = drawn_RS @ differences_SK / seeds
    if tasks is None:
        values = means_RK.mean(axis=1)
    else:
        counts_RT = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=resamples)
        counts_RK = counts_RT[:, np.array([names.index(task) for task in tasks])]
        values = (counts_RK * means_RK).sum(axis=1) / counts_RK.sum(axis=1)
    low, high = np.percentile(values, percentiles(level, units))
    return Estimate(value, float(low), float(high), seeds, over)


def sign_flip_test(differences: np.ndarray, rng: np.random.Generator) -> float:
    """Two-sided p of paired differences: how often flipped signs give as large a mean.

    Fisher's randomisation test (1935, "The design of experiments", section 21): if neither side is
    better, each sign is as likely as its opposite. Up to 15 pairs all signs are counted, above that
    10,000 drawn ones. n pairs cannot give less than 2 / 2^n. Of no pair it is nan.
    """
    found = np.asarray(differences, dtype=float)
    if not len(found):
        return float("nan")
    if not found.any():
        return 1.0
    exact = len(found) <= _EXACT
    signs_RS = _all_signs(len(found)) if exact else rng.choice((-1, 1), size=(9999, len(found)))
    means = np.abs(signs_RS @ found)
    # sums in another order differ in their last digits
    reached = int(np.sum(means >= abs(found.sum()) * (1 - 1e-12)))
    # the observed signs are one of the choices
    return reached / len(means) if exact else (reached + 1) / (len(means) + 1)


def holm(p_values: np.ndarray) -> np.ndarray:
    """P of many comparisons, adjusted so that all together err as often as one would.

    Holm (1979, "A simple sequentially rejective multiple test procedure"): the smallest of m is
    multiplied by m, the next by m - 1, and none is smaller than the one before. A nan stays nan
    and does not count.
    """
    given = np.asarray(p_values, dtype=float)
    adjusted = np.full_like(given, np.nan)
    known = np.flatnonzero(~np.isnan(given))
    order = known[np.argsort(given[known], kind="stable")]
    steps = np.arange(len(order), 0, -1) * given[order]
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


def probability_of_improvement(first: np.ndarray, second: np.ndarray) -> float:
    """Chance that a random score of the first beats one of the second; ties count a half.

    This is the Mann-Whitney statistic over the number of pairs; nan if either side is empty. Of
    matrices, whose columns are tasks, it is the mean over tasks (Agarwal et al. 2021, 4.3).
    """
    if not len(first) or not len(second):
        return float("nan")
    margins = np.asarray(first, dtype=float)[:, None] - np.asarray(second, dtype=float)[None]
    return float(np.mean((margins > 0) + 0.5 * (margins == 0)))


def improvement(first: np.ndarray, second: np.ndarray, *, level: float = 0.95) -> Estimate:
    """The probability of improvement on one task, with its interval over seeds.

    The interval is the score interval of Newcombe (2006, "Confidence intervals for an effect size
    measure based on the Mann-Whitney statistic. Part 2", method 5). It has a width even where every
    run of one side beats every run of the other, where a bootstrap has none. n is the smaller
    number of runs; with fewer than two on a side both ends are nan.
    """
    value, runs = probability_of_improvement(first, second), (len(first), len(second))
    if min(runs) < 2:
        return Estimate(value, float("nan"), float("nan"), min(runs))
    z = float(stats.norm.ppf((1 + level) / 2))

    def off(chance: float, side: int) -> float:
        return value + side * z * _deviation(chance, *runs) - chance

    # at 0 and 1 the deviation is zero: there the end that is sought is not the value itself
    low = 0.0 if value == 0 else optimize.brentq(off, 0, min(value, 1 - _TINY), args=(-1,))
    high = 1.0 if value == 1 else optimize.brentq(off, max(value, _TINY), 1, args=(1,))
    return Estimate(value, float(low), float(high), min(runs))


def _deviation(chance: float, first: int, second: int) -> float:
    """Standard deviation of the Mann-Whitney statistic, for exponential scores."""
    beyond = (first + second) / 2 - 1
    spread = 1 + beyond * ((1 - chance) / (2 - chance) + chance / (1 + chance))
    return float(np.sqrt(chance * (1 - chance) * spread / (first * second)))


@functools.cache
def _all_signs(n: int) -> np.ndarray:
    return 1.0 - 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
