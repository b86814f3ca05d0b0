"""What kind of memory a model has: soft, discrete, half-discrete or none."""

from __future__ import annotations

from typing import Any

SOFT = "soft"
DISCRETE = "discrete"
HALF_DISCRETE = "half-discrete"
NO_MEMORY = "no memory"


def memory_kind(cell: str, estimator: str, stored: Any = None) -> str:
    """The kind of memory of a cell with an estimator.

    Soft memory uses the whole weighting and discrete memory one slot of it. `top_k`, which uses a
    few slots, is half-discrete. So is an estimator that trains on whole weightings and chooses a
    slot in tests only, as `annealed` at rate 0: its trials stored that it is not discrete.
    `stored` is that fact of a trial, True or False, and anything else where it is not known.
    """
    if cell == "none":
        return NO_MEMORY
    if estimator == "soft":
        return SOFT
    return HALF_DISCRETE if estimator == "top_k" or stored is False else DISCRETE
