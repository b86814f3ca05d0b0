"""Calls of kernels on several threads: each takes a range of the batch for the whole sequence."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

ROWS = 4
"""In a large batch, ranges are cut at multiples of it: `matmul` computes so many rows at once."""


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
"""What each kernel was compiled to: to ask numba would find out all the types at every call."""


def split(batch: int, threads: int) -> list[tuple[int, int]]:
    """Ranges of about equal size, one per thread, none of them empty."""
    size = -(-batch // max(1, threads))
    if batch >= ROWS * threads:
        size = -(-size // ROWS) * ROWS
    return [(begin, min(begin + size, batch)) for begin in range(0, batch, size)]


def together(tasks: Sequence[Callable[[], None]]) -> None:
    """Runs tasks at the same time, on torch's own threads where they can be had.

    Torch's threads keep their cores busy for a while after each operation, in case another follows:
    threads of ours would find the cores taken.
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
"""OpenMP's threads do not survive a fork: in a child, a call would wait for them for ever."""


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


_TYPES = frozenset(np.dtype(kind).num for kind in (np.float32, np.int64))


def _require(arguments: Any) -> None:
    """Raises TypeError unless every array is what the kernels were compiled for."""
    for argument in arguments:
        if isinstance(argument, np.ndarray):
            # by their numbers: to compare types takes longer than all else that is done here
            if argument.dtype.num not in _TYPES or not argument.flags.c_contiguous:
                raise TypeError(f"a kernel was given {argument.dtype} {argument.strides}")
        elif isinstance(argument, tuple):
            _require(argument)


def _compile(entry: Any, *arguments: Any) -> Callable[..., None]:
    """Compiles a kernel by a call on no samples, and gives what it was compiled to."""
    entry(*arguments, 0, 0)
    (only,) = entry.overloads.values()
    return cast(Callable[..., None], only.entry_point)
