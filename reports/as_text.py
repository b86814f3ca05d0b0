"""What a store holds, as a report can use it: labels that any file can hold, numbers that are."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable

import numpy as np
import pandas as pd

NUMBERS = (
    "step sequences seconds length updates parameters state_size sequences_per_second "
    "timesteps timesteps_per_second"
).split()
"""Columns of rows and facts that reports count with."""


def encodable(text: str) -> str:
    """The text with escapes in place of lone surrogates, which no file can hold."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def cleaned(frame: pd.DataFrame, names: Iterable[str] = NUMBERS) -> pd.DataFrame:
    """The frame with encodable texts, and nan where one of these columns has no finite number."""
    changed = {}
    for name in frame:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column.dtype):
            continue
        if name in names:
            changed[name] = column.map(_number).astype(float)
        else:
            odd = {text for text in column if isinstance(text, str) and not _is_encodable(text)}
            if odd:
                changed[name] = column.map(lambda x, odd=odd: encodable(x) if _in(x, odd) else x)
    return frame.assign(**changed) if changed else frame


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return np.nan
    return float(value) if math.isfinite(value) else np.nan


def _is_encodable(text: str) -> bool:
    return text.isascii() or encodable(text) == text


def _in(value: object, odd: set[str]) -> bool:
    return isinstance(value, str) and value in odd
