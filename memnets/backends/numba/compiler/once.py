"""Each kernel is compiled by one process of a machine: others wait, and load what it has stored."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

from numba.core.compiler_lock import global_compiler_lock
from numba.core.dispatcher import Dispatcher

from ...compiling import is_left_to_display, turn
from .cache import KernelCache

SECONDS_PER_BYTE_LINKED, SECONDS_PER_BYTE_COMPILED = 0.05e-3, 1.15e-3
"""Processor time on an AMD EPYC (AVX-512): new parts are typed and lowered, which takes most of it.

Fitted to what the six entries of the NTM, the DNC and the D-NTM took, 7 to 24 s; off by up to 3 s.
"""


def once_per_machine(kernel: Any, form: str) -> None:
    """From now on a kernel is looked for on disk, and waits for its turn to be compiled.

    A kernel is kept in several forms under one name.
    """
    kernel._cache = KernelCache(kernel.py_func, form)
    kernel.compile = partial(_in_turn, kernel, kernel.compile)


def _in_turn(kernel: Any, compile_it: Any, signature: Any) -> Any:
    # numba's own lock comes first: another thread may hold it and wait for this kernel
    with global_compiler_lock:
        path = kernel._cache.path(signature, kernel.targetctx.codegen())
        if tuple(signature) in kernel.overloads or (path and path.exists()):
            return compile_it(signature)
        with _outermost(kernel, "once per machine" if path else "in each process") as note:
            if path is None:
                _say_that_nothing_is_kept()
                return compile_it(signature)
            with turn(path.with_suffix(".lock"), *note):
                return compile_it(signature)


@cache
def _say_that_nothing_is_kept() -> None:
    _say(
        "compiled kernels cannot be kept in any folder, so that each process compiles them anew; "
        "set NUMBA_CACHE_DIR to a folder that can be written"
    )


_inside: list[Any] = []
"""The kernels under way in this process: the first is what was asked for, the others its parts."""


@contextmanager
def _outermost(kernel: Any, how_often: str) -> Iterator[tuple[str, float]]:
    """What to call a kernel and how long it takes, unless it is a part of another.

    Says so on standard error where it takes longer than two seconds and no display shows it.
    """
    if _inside:
        name, seconds = "", 0.0
    else:
        module = kernel.py_func.__module__.rpartition(".")[2]
        name, seconds = f"{module}.{kernel.py_func.__name__}", about_seconds(kernel)
    text = f"{name} is being compiled: about {seconds:.0f} s, {how_often}"
    timer = threading.Timer(2.0, _say, [text])
    timer.daemon = True
    if name and not is_left_to_display():
        timer.start()
    _inside.append(kernel)
    try:
        yield name, seconds
    finally:
        _inside.pop()
        timer.cancel()


def about_seconds(kernel: Any) -> float:
    """How long it takes to compile a kernel and those of its parts that are not stored yet."""
    linked = _linked(kernel)
    new = [part for part in linked if part is kernel or not _is_ready(part)]
    return SECONDS_PER_BYTE_LINKED * _bytes(linked) + SECONDS_PER_BYTE_COMPILED * _bytes(new)


def _bytes(kernels: Iterable[Any]) -> int:
    """The length of their functions, as Python compiles them."""
    return sum(len(kernel.py_func.__code__.co_code) for kernel in kernels)


def _linked(kernel: Any) -> set[Any]:
    """A kernel, its parts, and theirs."""
    found, waiting = {kernel}, [kernel]
    while waiting:
        new = set(_parts(waiting.pop().py_func)) - found
        found |= new
        waiting.extend(new)
    return found


def _parts(function: Any) -> Iterator[Any]:
    """The compiled functions that a function may call."""
    for name in function.__code__.co_names:
        value = function.__globals__.get(name)
        if isinstance(value, Dispatcher):
            yield getattr(value, "part_of_others", value)


def _is_ready(kernel: Any) -> bool:
    return bool(kernel.overloads) or (
        isinstance(kernel._cache, KernelCache) and kernel._cache.holds_any()
    )


def _say(text: str) -> None:
    print(f"memnets: {text}", file=sys.stderr, flush=True)
