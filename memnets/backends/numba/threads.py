"""One thread owns a range of samples for the whole sequence; the first call says what it does."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

ROWS = 4
"""Ranges are cut at multiples of it where the batch is large: what `matmul` takes in one go."""


def over_samples(entry: Any, *arguments: Any, batch: int) -> None:
    """Calls `entry(*arguments, begin, end)` on ranges of the batch, one per thread of torch."""
    ranges = split(batch, torch.get_num_threads())
    _require(arguments)
    if entry not in _compiled:
        _compiled[entry] = _compile(entry, *arguments)
    run = _compiled[entry]
    if len(ranges) == 1:
        run(*arguments, *ranges[0])
    else:
        together([partial(run, *arguments, *part) for part in ranges])


_compiled: dict[Any, Callable[..., None]] = {}
"""Straight to the one version of each kernel: numba would work out all the types at every call."""


def split(batch: int, threads: int) -> list[tuple[int, int]]:
    """Ranges of about equal size, one per thread, none of them empty."""
    size = -(-batch // max(1, threads))
    if batch >= ROWS * threads:
        size = -(-size // ROWS) * ROWS
    return [(begin, min(begin + size, batch)) for begin in range(0, batch, size)]


def together(tasks: Sequence[Callable[[], None]]) -> None:
    """Runs tasks at the same time, on the threads that torch itself uses where they can be had.

    Torch's idle threads spin for a while, waiting for its next operation: other threads would find
    the cores taken.
    """
    team = _openmp() if os.getpid() == _PROCESS else None
    if team is None:
        for future in [_pool().submit(task) for task in tasks]:
            future.result()
        return
    waiting, errors = iter(tasks), list[BaseException]()

    def work(_: Any) -> None:
        try:
            # every thread of the team takes tasks until none is left
            for task in waiting:
                task()
        except BaseException as error:
            errors.append(error)

    team.GOMP_parallel(_WORK(work), None, len(tasks), 0)
    if errors:
        raise errors[0]


_WORK = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_PROCESS = os.getpid()
"""OpenMP's threads do not survive a fork, and a child's call would wait for them for ever."""


@cache
def _openmp() -> Any:
    """GNU's OpenMP as torch ships it; None where torch has another."""
    found = sorted((Path(torch.__file__).parent / "lib").glob("libgomp*.so*"))
    if not found:
        return None
    library = ctypes.CDLL(str(found[0]))
    library.GOMP_parallel.argtypes = [_WORK, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint]
    library.GOMP_parallel.restype = None
    return library


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="memnets")


# threads do not survive a fork
os.register_at_fork(after_in_child=_pool.cache_clear)


def _require(arguments: Any) -> None:
    """Raises TypeError unless every array is what the kernels were compiled for."""
    for argument in arguments:
        if isinstance(argument, np.ndarray):
            if not argument.flags.c_contiguous or argument.dtype not in (np.float32, np.int64):
                raise TypeError(f"a kernel was given {argument.dtype} {argument.strides}")
        elif isinstance(argument, tuple):
            _require(argument)


def _compile(entry: Any, *arguments: Any) -> Callable[..., None]:
    """Compiles on no samples, and says on standard error what takes so long."""
    message = f"compiling {entry.__module__}.{entry.__name__}: a minute or so, once per machine"
    timer = threading.Timer(2.0, lambda: print(f"memnets: {message}", file=sys.stderr, flush=True))
    timer.daemon = True
    timer.start()
    try:
        entry(*arguments, 0, 0)
    finally:
        timer.cancel()
    (only,) = entry.overloads.values()
    return cast(Callable[..., None], only.entry_point)
