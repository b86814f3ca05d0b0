"""What a store holds, as a report can count with it: numbers that are."""

from __future__ import annotations

import math
import numbers

import numpy as np
import pandas as pd

NUMBERS = (
    "step sequences seconds length updates parameters state_size step_flops sequences_per_second "
    "timesteps timesteps_per_second"
).split()
"""Columns of rows and facts that reports count with."""


def cleaned(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with nan where one of the `NUMBERS` is no finite number."""
    changed = {
        name: frame[name].map(_number).astype(float)
        for name in NUMBERS
        if name in frame and not pd.api.types.is_numeric_dtype(frame[name].dtype)
    }
    return frame.assign(**changed) if changed else frame


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return np.nan
    return float(value) if math.isfinite(value) else np.nan
