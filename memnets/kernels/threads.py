"""One thread owns a range of samples for the whole sequence; the first call says what it does."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import torch

ROWS = 4
"""Ranges are cut at multiples of it where the batch is large: what `matmul` takes in one go."""


def over_samples(entry: Callable[..., None], *arguments: Any, batch: int) -> None:
    """Calls `entry(*arguments, begin, end)` on ranges of the batch, in torch's number of threads."""
    ranges = split(batch, torch.get_num_threads())
    with _announced(entry):
        others = [_pool().submit(entry, *arguments, *part) for part in ranges[1:]]
        entry(*arguments, *ranges[0])
        for other in others:
            other.result()


def split(batch: int, threads: int) -> list[tuple[int, int]]:
    """Ranges of about equal size, one per thread, none of them empty."""
    size = -(-batch // max(1, threads))
    if batch >= ROWS * threads:
        size = -(-size // ROWS) * ROWS
    return [(begin, min(begin + size, batch)) for begin in range(0, batch, size)]


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="memnets")


# threads do not survive a fork
os.register_at_fork(after_in_child=_pool.cache_clear)


@contextlib.contextmanager
def _announced(entry: Any) -> Iterator[None]:
    """Says on standard error what takes so long, where a kernel must first be compiled."""
    if entry.signatures:
        yield
        return
    name = f"{entry.__module__}.{entry.__name__}"
    message = f"compiling {name}: about half a minute, once per machine and version"
    timer = threading.Timer(2.0, lambda: print(f"memnets: {message}", file=sys.stderr, flush=True))
    timer.daemon = True
    timer.start()
    try:
        # compile before there are threads: numba's lock would make them wait in any case
        yield
    finally:
        timer.cancel()
