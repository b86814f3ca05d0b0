"""Time to solve as survival: trials that never solved their task are censored, never dropped."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats

from .base import UNKNOWN, Estimate


class SurvivalCurve(NamedTuple):
    """The share of trials that have not solved their task after each time E at which one did.

    It is 1 before the first of them and constant in between; `low` and `high` are the ends of a
    95 % interval, `at_risk` counts trials neither solved nor censored before, `solved` those solved
    then.
    """

    times_E: np.ndarray
    share_E: np.ndarray
    low_E: np.ndarray
    high_E: np.ndarray
    at_risk_E: np.ndarray
    solved_E: np.ndarray


def kaplan_meier(times: np.ndarray, solved: np.ndarray) -> SurvivalCurve:
    """The product-limit estimate of Kaplan and Meier (1958, "Nonparametric estimation …").

    `times` are those at which trials solved their task, or at which they ended without: `solved`
    says which. The interval is Greenwood's on the scale of log(-log), which stays within 0 and 1;
    where the share is 0 or 1 both ends are nan.
    """
    times, solved = _checked(times, solved)
    found = stats.ecdf(stats.CensoredData(uncensored=times[solved], right=times[~solved])).sf
    events, at_risk, ended = _tables(times, solved)
    share_E = found.evaluate(events) if len(events) else np.empty(0)
    left = at_risk - ended
    inside = left > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood_E = np.cumsum(np.where(inside, ended / (at_risk * left), 0.0))
        log_E = np.log(share_E)
        far_E = stats.norm.ppf(0.975) * np.sqrt(greenwood_E) / np.abs(log_E)
        low_E, high_E = (share_E ** np.exp(side * far_E) for side in (1, -1))
    low_E, high_E = (np.where(inside, end_E, np.nan) for end_E in (low_E, high_E))
    return SurvivalCurve(events, share_E, low_E, high_E, at_risk, ended)


def restricted_mean(
    times: np.ndarray, solved: np.ndarray, limit: float, *, level: float = 0.95
) -> Estimate:
    """Mean time to solve where every trial is stopped at `limit`: the area below the curve.

    The standard error is that of Kaplan and Meier (1958, section 6.2; Klein and Moeschberger 2003,
    4.5.2), with their factor m / (m - 1) for m solved trials; the interval is Student's with
    m - 1 degrees of freedom, within 0 and `limit`. So where all trials solved their task in time
    this is the mean and its t interval. With m < 2 both ends are nan. A limit that lies beyond the
    last time is a ValueError, unless all trials solved their task: the curve is not known there.
    """
    times, solved = _checked(times, solved)
    if not len(times):
        return UNKNOWN
    if limit > times.max() and not solved[times == times.max()].all():
        raise ValueError(f"no trial was followed up to {limit:g}, only up to {times.max():g}.")
    value, error, events = _area(times, solved, limit)
    if events < 2:
        return Estimate(value, float("nan"), float("nan"), len(times))
    far = stats.t.ppf((1 + level) / 2, events - 1) * error * np.sqrt(events / (events - 1))
    low, high = np.clip((value - far, value + far), 0, limit)
    return Estimate(value, float(low), float(high), len(times))


def _area(times: np.ndarray, solved: np.ndarray, limit: float) -> tuple[float, float, int]:
    """The area below the curve up to `limit`, its standard error, and the events in it."""
    curve = kaplan_meier(times, solved)
    before = curve.times_E < limit
    edges = np.concatenate([[0.0], curve.times_E[before], [limit]])
    heights = np.concatenate([[1.0], curve.share_E[before]])
    pieces = np.diff(edges) * heights
    at_risk, ended = curve.at_risk_E[before], curve.solved_E[before]
    beyond_E = pieces[::-1].cumsum()[::-1][1:]
    left = at_risk - ended
    # where all have solved it nothing is left below the curve
    weights = np.divide(ended, at_risk * left, out=np.zeros(len(left)), where=left > 0)
    events = int(ended.sum())
    return float(pieces.sum()), float(np.sqrt(np.sum(beyond_E**2 * weights))), events


def _tables(times: np.ndarray, solved: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times at which trials solved their task, trials at risk then, and trials that solved it."""
    events, ended = np.unique(times[solved], return_counts=True)
    at_risk = len(times) - np.searchsorted(np.sort(times), events, side="left")
    return events, at_risk, ended


def _checked(times: np.ndarray, solved: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    times, solved = np.asarray(times, dtype=float), np.asarray(solved, dtype=bool)
    if times.shape != solved.shape:
        raise ValueError(f"every time is solved or not, got {times.shape} and {solved.shape}.")
    if np.isnan(times).any() or (times < 0).any():
        raise ValueError("times to solve must be known and not negative.")
    return times, solved
