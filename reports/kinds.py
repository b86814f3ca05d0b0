"""What kind of memory a model has; the one place that tells soft from discrete."""

from __future__ import annotations

SOFT = "soft"
DISCRETE = "discrete"
NO_MEMORY = "no memory"


def kind(cell: str, estimator: str) -> str:
    """Only the estimator `soft` uses the whole weighting; every other one chooses slots."""
    if cell == "none":
        return NO_MEMORY
    return SOFT if estimator == "soft" else DISCRETE
