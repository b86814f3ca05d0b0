"""Tolerance intervals: where new seeds land, rather than where their mean lies."""

from __future__ import annotations

import numpy as np
from scipy import optimize, stats

_NODES = 100


def range_confidence(n: int, content: float, cut: int = 0) -> float:
    """How sure it is that the range of n scores holds a share `content` of the population.

    Whatever the distribution (Wilks 1941, "Determination of sample sizes for setting tolerance
    limits"): between the smallest and the largest lies a share that is Beta(n - 1, 2) distributed.
    With `cut` so many scores are left out at each end. Zero where nothing is left.
    """
    left = n - 1 - 2 * cut
    return float(stats.beta.sf(content, left, n + 1 - left)) if left > 0 else 0.0


def range_content(n: int, confidence: float = 0.95) -> float:
    """The share of the population that the range of n scores holds, at that confidence.

    The other way round than `range_confidence`; zero for one score.
    """
    return float(stats.beta.ppf(1 - confidence, n - 1, 2)) if n > 1 else 0.0


def range_seeds(content: float, confidence: float = 0.95) -> int:
    """The fewest scores whose range holds a share `content` at that confidence (Wilks 1941)."""
    _check(content, confidence)
    n = 2
    while range_confidence(n, content) < confidence:
        n += 1
    return n


def tolerance_interval(
    scores: np.ndarray, content: float, confidence: float = 0.95
) -> tuple[float, float]:
    """An interval that holds a share `content` of the population, whatever its distribution.

    The innermost pair of scores, equally many cut at each end, that does (Hahn and Meeker 1991,
    5.3.1); nan where there are fewer scores than `range_seeds` asks for.
    """
    _check(content, confidence)
    ordered = np.sort(np.asarray(scores, dtype=float))
    n = len(ordered)
    if range_confidence(n, content) < confidence:
        return float("nan"), float("nan")
    cut = 0
    while range_confidence(n, content, cut + 1) >= confidence:
        cut += 1
    return float(ordered[cut]), float(ordered[n - 1 - cut])


def normal_tolerance_factor(n: int, content: float, confidence: float = 0.95) -> float:
    """How many standard deviations about the mean of n normal scores hold a share `content`.

    Exact, by integrating over the error of the mean (Hahn and Meeker 1991, 4.6 and table A.10).
    """
    _check(content, confidence)
    if n < 2:
        raise ValueError(f"a tolerance interval takes two scores or more, not {n}.")

    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    # errors of the mean, in standard errors, from 0 to 8: the other half is alike
    errors, weights = 4 * (nodes + 1), 8 * weights * stats.norm.pdf(4 * (nodes + 1))
    half_widths = np.sqrt(stats.ncx2.ppf(content, 1, errors**2 / n))

    def too_sure(factor: float) -> float:
        within = stats.chi2.sf((n - 1) * (half_widths / factor) ** 2, n - 1)
        return float(weights @ within) - confidence

    start = float(stats.norm.ppf((1 + content) / 2))
    stop = 2 * start
    while too_sure(stop) < 0:
        stop *= 2
    return float(optimize.brentq(too_sure, start / 2, stop, xtol=1e-6))


def _check(content: float, confidence: float) -> None:
    for name, value in (("content", content), ("confidence", confidence)):
        if not 0 < value < 1:
            raise ValueError(f"{name} must lie between 0 and 1, got {value}.")
