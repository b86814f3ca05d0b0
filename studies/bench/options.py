"""Checks of the options of a bench, with one line for what is wrong."""

from __future__ import annotations

from ..design.data import BadData


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
        if isinstance(value, tuple):
            require_some(bench, name)
            if min(value) < 1:
                raise BadData(f"{name} is {value}; all must be at least 1.")
        elif value < 1:
            raise BadData(f"{name} is {value}; it must be at least 1.")
