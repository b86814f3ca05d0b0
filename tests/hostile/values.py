"""Values that no option, or hardly one, should be given, and which of them a type rules out."""

import math
import types
import typing
from collections.abc import Mapping
from dataclasses import is_dataclass
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Real
from typing import Any

import numpy as np

LARGEST_SEED = 2**64 - 1

# 2 and 0.5 are there to be accepted: an option that refuses everything is no option
HOSTILE: tuple[Any, ...] = (
    *(0, -1, 2, 0.5, 1.5, math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324),
    *(2**31, 2**63, 2**64, -(2**63), 10**400, True, False, None),
    *("", "5", "x", "1e-3", "nan", "\0", b"5", [], [1], (), (0,), ("x",), {}, {"x": 1}, {1: 2}),
    *(np.int64(2), np.int8(-1), np.float32(0.5), np.float64("nan"), np.float32("inf")),
    *(np.bool_(True), np.array([1, 2]), np.array(2.0), 1 + 2j, Fraction(1, 2), Decimal("0.5")),
    *(object, range(3), {1}),
)


def named(value: Any) -> str:
    """The value in a few characters, with its type where the text leaves it open."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:20]}…, {len(text)} characters"


def ruled_out(hint: Any, value: Any, *, seed: bool = False) -> bool:
    """Whether a value is of no type that the annotation has, or no finite number of a fair size."""
    if isinstance(value, np.ndarray) and value.shape == ():
        value = value.item()
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return all(ruled_out(part, value, seed=seed) for part in parts)
    if hint in (None, type(None)):
        return value is not None
    if hint is bool:
        return not isinstance(value, bool | np.bool_)
    if hint is int:
        # a size or a count of more than 2**53 would be none that a machine of today gets to
        most = LARGEST_SEED if seed else 2**53
        return isinstance(value, bool) or not isinstance(value, Integral) or value > most
    if hint is float:
        if isinstance(value, bool) or not isinstance(value, Real):
            return True
        # 10**400 is too large for a float, and 1e300 for one of numpy's small ones
        return isinstance(value, int) and abs(value) > 2**64 or not abs(float(value)) < 1e300
    if hint is str:
        return not isinstance(value, str)
    if origin is typing.Literal:
        return not any(type(value) is type(part) and value == part for part in parts)
    if origin is tuple:
        inside = parts[0] if parts else Any
        if isinstance(value, str | bytes | Mapping) or not hasattr(value, "__iter__"):
            return True
        return any(ruled_out(inside, part, seed=seed) for part in value)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return not isinstance(value, Mapping)
    if is_dataclass(hint):
        return not isinstance(value, Mapping | hint)
    # Any, and classes of their own: only the thing itself can tell
    return False
