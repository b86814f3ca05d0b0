"""What kind of memory a model has; the one place that tells soft from discrete."""

from __future__ import annotations

from typing import Any

SOFT = "soft"
DISCRETE = "discrete"
HALF_DISCRETE = "half-discrete"
NO_MEMORY = "no memory"


def kind(cell: str, estimator: str, chooses: Any = None) -> str:
    """`soft` uses the whole weighting, `top_k` the largest part of it; others choose a slot.

    `chooses` is what a trial stored of its estimator, if it did: one that trains on weightings and
    chooses a slot in tests only is half-discrete, as `annealed` at rate 0.
    """
    if cell == "none":
        return NO_MEMORY
    if estimator == "soft":
        return SOFT
    return HALF_DISCRETE if estimator == "top_k" or chooses is False else DISCRETE
