"""Performance profiles: the share of runs that score above each threshold."""

from __future__ import annotations

import numpy as np

from .resampling import percentiles


def performance_profile(scores_SK: np.ndarray, thresholds_P: np.ndarray) -> np.ndarray:
    """The share of all runs of a model, over seeds and tasks, whose score is above each threshold.

    The run-score distribution of Agarwal et al. (2021, 4.2); every task, a column, counts the same.
    The area below it, for scores between 0 and 1, is their mean.
    """
    scores = np.asarray(scores_SK, dtype=float)
    return (scores.reshape(-1, 1) > thresholds_P).mean(axis=0)


def profile_band(
    scores_SK: np.ndarray,
    thresholds_P: np.ndarray,
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    resamples: int = 500,
) -> tuple[np.ndarray, np.ndarray]:
    """Pointwise expanded percentile interval of a profile; seeds are redrawn within each task.

    nan for one seed. It has no width where all runs lie on one side of the threshold.
    """
    scores = np.asarray(scores_SK, dtype=float)
    above_SKP = scores.reshape(len(scores), -1, 1) > thresholds_P
    seeds, tasks, points = above_SKP.shape
    if seeds < 2:
        return np.full(points, np.nan), np.full(points, np.nan)
    drawn_RKS = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=(resamples, tasks))
    weights = drawn_RKS.transpose(0, 2, 1).reshape(resamples, -1) / (seeds * tasks)
    shares_RP = weights @ above_SKP.reshape(-1, points)
    low, high = np.percentile(shares_RP, percentiles(level, seeds, tasks), axis=0)
    return low, high
