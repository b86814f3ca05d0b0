"""Checks of options of tasks and environments: one line says what is wrong."""

from __future__ import annotations

from numbers import Integral, Real
from os import PathLike
from typing import Any

import numpy as np

LARGEST = 10_000_000
"""No size, length or count of a task may be larger: no machine of today holds its batches."""


def whole(owner: str, name: str, value: Any, smallest: int) -> int:
    """The value as an int; raises ValueError unless it is a whole number of at least `smallest`,
    and at most LARGEST.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < smallest:
        raise ValueError(
            f"{owner}: {name} is {value!r:.60}; a whole number of at least {smallest} is needed."
        )
    if int(value) > LARGEST:
        raise ValueError(f"{owner}: {name} is {value!r:.60}; at most {LARGEST:,} is possible.")
    return int(value)


def check_whole(task: object, **least: int) -> None:
    """Raise ValueError unless each named option is a whole number of at least that much.

    One of numpy becomes Python's own.
    """
    for name, smallest in least.items():
        value = whole(type(task).__name__, name, getattr(task, name), smallest)
        object.__setattr__(task, name, value)


def check_text(task: object, *names: str) -> None:
    """Raise ValueError unless each named option is text; a path becomes it."""
    for name in names:
        value = getattr(task, name)
        if not isinstance(value, str | PathLike):
            raise ValueError(f"{type(task).__name__}: {name} is {value!r:.60}; text is needed.")
        object.__setattr__(task, name, str(value))


def check_number(task: object, name: str, most: float) -> None:
    """Raise ValueError unless an option is a number of at most that size; it becomes a float."""
    value = getattr(task, name)
    number = isinstance(value, Real) and not isinstance(value, bool)
    if not number or not -most <= value <= most:
        raise ValueError(
            f"{type(task).__name__}: {name} is {value!r:.60}; a finite number is needed, "
            f"{-most:g} to {most:g}."
        )
    object.__setattr__(task, name, float(value))


def flag(owner: str, name: str, value: Any) -> bool:
    """The value as a bool; raises ValueError unless it is true or false."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{owner}: {name} is {value!r:.60}; true or false is needed.")
    return bool(value)


def check_flags(task: object, *names: str) -> None:
    """Raise ValueError unless each named option is true or false."""
    for name in names:
        value = flag(type(task).__name__, name, getattr(task, name))
        object.__setattr__(task, name, value)


def check_range(task: object, low: str, high: str, smallest: int) -> None:
    """Raise ValueError unless `smallest` ≤ the option `low` ≤ the option `high`, all whole."""
    check_whole(task, **{low: smallest, high: smallest})
    if getattr(task, high) < getattr(task, low):
        raise ValueError(
            f"{type(task).__name__}: {high} is {getattr(task, high)}; "
            f"at least {low}, {getattr(task, low)}, is needed."
        )
