"""What an estimate is: a value with its interval, what that speaks for, and how many seeds.

In this package S counts seeds, K strata such as tasks, P points of a curve, R resamples.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Statistic = Callable[..., np.ndarray]
"""Scores and an axis of them -> one number for each of the rest; without an axis, of all scores."""

SEEDS = "seeds"
SEEDS_AND_TASKS = "seeds and tasks"


class Estimate(NamedTuple):
    """A value with its interval, and never without the number of seeds behind it.

    `over` says what the interval generalises over: new seeds of the same tasks and models, or new
    tasks as well. Both ends are nan where there is nothing to tell them by.
    """

    value: float
    low: float
    high: float
    n: int
    over: str = SEEDS


UNKNOWN = Estimate(float("nan"), float("nan"), float("nan"), 0)
"""The estimate of something of which there is no score."""


def generator() -> np.random.Generator:
    """The source of every resampling in a report: fixed, so that a rebuilt report is identical."""
    return np.random.default_rng(20141020)
