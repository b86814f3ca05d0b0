"""Copies of this process that work beside it: how many there may be, and how they begin."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.context import BaseContext


def processors() -> int:
    """How many processes may work; one where a process cannot go on as two."""
    if sys.platform != "linux":
        return 1
    return len(os.sched_getaffinity(0))


@contextlib.contextmanager
def copies() -> Iterator[BaseContext]:
    """What makes processes that begin as copies of this one."""
    with warnings.catch_warnings():
        # what numpy's idle threads have to do with a child is nothing
        warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
        yield get_context("fork")
