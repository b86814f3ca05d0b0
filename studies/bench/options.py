"""Checks of the options of a bench, with one line for what is wrong."""

from __future__ import annotations

from typing import Any

from memnets.options import LARGEST

from ..design.data import BadData
from ..design.settings import whole


def require_some(bench: object, *names: str) -> None:
    """Raise BadData for the first of these options that is empty."""
    for name in names:
        if not getattr(bench, name):
            raise BadData(f"{name} is empty; it must name at least one.")


def require_positive(bench: object, *names: str) -> None:
    """Raise BadData for the first of these options with a number below 1.

    An option is a number or a tuple of numbers.
    """
    for name in names:
        value = getattr(bench, name)
        several = isinstance(value, tuple)
        if several:
            require_some(bench, name)
        for number in value if several else (value,):
            if wanted := _missed(number):
                each = "all" if several else "it"
                raise BadData(f"{name} is {value!r:.80}; {each} must be {wanted}.")


def _missed(number: Any) -> str:
    """What a number must be that it is not; empty where it is all right."""
    found = whole(number)
    if found is None:
        return "a whole number"
    return "at least 1" if found < 1 else f"at most {LARGEST}" if found > LARGEST else ""
