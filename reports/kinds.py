"""What kind of memory a model has; the one place that tells soft from discrete."""

from __future__ import annotations

SOFT = "soft"
DISCRETE = "discrete"
HALF_DISCRETE = "half-discrete"
NO_MEMORY = "no memory"


def kind(cell: str, estimator: str) -> str:
    """`soft` uses the whole weighting, `top_k` the largest part of it; all others choose a slot."""
    if cell == "none":
        return NO_MEMORY
    return {"soft": SOFT, "top_k": HALF_DISCRETE}.get(estimator, DISCRETE)
