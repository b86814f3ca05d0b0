"""Small pure functions on scores: interquartile mean, bootstrap intervals, paired comparison.

The definitions are those of Agarwal et al. (2021, "Deep reinforcement learning at the edge of the
statistical precipice"). S counts seeds, K strata such as tasks, P points of a curve.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Statistic = Callable[..., np.ndarray]


class Estimate(NamedTuple):
    """A value with its interval, and never without the number of seeds behind it."""

    value: float
    low: float
    high: float
    n: int


def generator() -> np.random.Generator:
    """The source of every resampling in a report: fixed, so that a rebuilt report is identical."""
    return np.random.default_rng(20141020)


def iqm(scores: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Mean of the middle half: a quarter is cut at each end, rounded down to whole scores.

    With fewer than four scores nothing is cut, and this is the mean.
    """
    values = np.sort(np.ravel(scores) if axis is None else np.moveaxis(scores, axis, 0), axis=0)
    cut = len(values) // 4
    return values[cut : len(values) - cut].mean(axis=0)


def mean(scores: np.ndarray, axis: int | None = None) -> np.ndarray:
    """The arithmetic mean, with the signature of `iqm`."""
    return np.mean(scores, axis=axis)


def interval(
    scores_SK: np.ndarray,
    rng: np.random.Generator,
    *,
    statistic: Statistic = iqm,
    level: float = 0.95,
    resamples: int = 2000,
) -> tuple[float, float]:
    """Percentile interval of a statistic of all scores; seeds are redrawn within each stratum.

    A vector counts as one stratum. With one seed there is nothing to redraw: both ends are nan.
    """
    scores = np.asarray(scores_SK, dtype=float)
    scores = scores.reshape(len(scores), -1)
    seeds, strata = scores.shape
    if seeds < 2:
        return float("nan"), float("nan")
    picks = rng.integers(seeds, size=(resamples, seeds, strata))
    drawn = np.take_along_axis(scores[None], picks, axis=1)
    values = statistic(drawn.reshape(resamples, -1), axis=1)
    low, high = np.percentile(values, _percentiles(level))
    return float(low), float(high)


def band(
    curves_SP: np.ndarray,
    rng: np.random.Generator,
    *,
    statistic: Statistic = iqm,
    level: float = 0.95,
    resamples: int = 500,
) -> tuple[np.ndarray, np.ndarray]:
    """Pointwise percentile interval of curves; whole curves are redrawn, one per seed."""
    seeds, points = curves_SP.shape
    if seeds < 2:
        return np.full(points, np.nan), np.full(points, np.nan)
    picks = rng.integers(seeds, size=(resamples, seeds))
    low, high = np.percentile(statistic(curves_SP[picks], axis=1), _percentiles(level), axis=0)
    return low, high


def estimate(
    scores_SK: np.ndarray, rng: np.random.Generator, *, statistic: Statistic = iqm
) -> Estimate:
    """A statistic of the scores with its interval; n is the number of seeds."""
    scores = np.asarray(scores_SK, dtype=float)
    if not len(scores):
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    low, high = interval(scores, rng, statistic=statistic)
    return Estimate(float(statistic(scores)), low, high, len(scores))


def paired_difference(
    first_SK: np.ndarray, second_SK: np.ndarray, rng: np.random.Generator, *, level: float = 0.95
) -> Estimate:
    """Mean of first minus second, row by row; rows are seeds, which are redrawn whole.

    Redrawing whole seeds keeps what pairs of one seed share: the data and the soft runs.
    """
    first, second = np.asarray(first_SK, dtype=float), np.asarray(second_SK, dtype=float)
    if first.shape != second.shape:
        raise ValueError(f"pairs need equal shapes, got {first.shape} and {second.shape}.")
    if not len(first):
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    differences = (first - second).reshape(len(first), -1).mean(axis=1)
    low, high = interval(differences, rng, statistic=mean, level=level)
    return Estimate(float(differences.mean()), low, high, len(differences))


def probability_of_improvement(first: np.ndarray, second: np.ndarray) -> float:
    """Chance that a random score of the first beats one of the second; ties count a half.

    This is the Mann-Whitney statistic over the number of pairs; nan if either side is empty.
    """
    if not len(first) or not len(second):
        return float("nan")
    margins = np.subtract.outer(np.asarray(first, dtype=float), np.asarray(second, dtype=float))
    return float(np.mean((margins > 0) + 0.5 * (margins == 0)))


def _percentiles(level: float) -> tuple[float, float]:
    return 50 * (1 - level), 50 * (1 + level)
