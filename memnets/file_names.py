"""Whether names are being taken from a file: a file names what is registered, and no other code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_reading: ContextVar[bool] = ContextVar("_reading", default=False)


@contextmanager
def names_from_file() -> Iterator[None]:
    """While what a file describes is built: registries refuse references that are not known here.

    A reference `"package.module:name"` is known where this process registered the thing or looked
    it up by itself, so that a study goes on from its own files. Any other raises NotFromFile before
    its module is imported.
    """
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


def reading() -> bool:
    """Whether `names_from_file` is in force."""
    return _reading.get()
