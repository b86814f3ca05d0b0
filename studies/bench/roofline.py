"""The roofline of this machine: peak arithmetic, and bandwidth of copies from memory and cache.

The limit of a step is its FLOP over the peak. A peak that is measured too low makes every step look
closer to the limit than it is, so several methods are tried and the largest figure counts.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable
from typing import Any

import torch

from ..running.threads import torch_threads
from .machine import caches

SIZES = (256, 384, 512, 768, 1024)
"""Side lengths of the square single-precision matrix products."""

# (floats per vector, vectors): enough independent sums to hide the latency of a fused multiply-add,
# and few enough to stay in registers; which pair is best depends on the processor
_SHAPES = ((16, 4), (16, 6), (16, 8), (8, 8), (8, 10), (8, 12), (4, 12))


def measure(threads: int = 1, *, seconds: float = 0.25) -> dict[str, Any]:
    """The machine's limits at so many threads, each the best within `seconds`.

    `measured` has GFLOP/s in single precision on one core and on `threads`, by register arithmetic
    and by matrix products, and GB/s (read plus written) of copies from memory and from the last
    cache; zero means not measured. `peak_gflops` is the larger of the two arithmetic
    figures at `threads`, and `method` says which that was.
    """
    kernels, last = _fma_kernels(), max(caches().values(), default=0)
    found = {
        "core_fma": _fma(kernels, 1, seconds),
        "core_sgemm": _sgemm(1, seconds),
        "fma": _fma(kernels, threads, seconds),
        "sgemm": _sgemm(threads, seconds),
        "dram_gb_s": _copies(256 * 2**20, threads, seconds),
        # two arrays of a quarter of the last cache each leave half of it to other data
        "cache_gb_s": _copies(last // 4, threads, seconds) if last >= 2**20 else 0.0,
    }
    return _summary(threads, found)


def larger(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The larger figures of two measurements at the same number of threads.

    Other programs can only lower a figure.
    """
    figures = one["measured"].items()
    found = {name: max(value, other["measured"][name]) for name, value in figures}
    return _summary(one["threads"], found)


def _summary(threads: int, found: dict[str, float]) -> dict[str, Any]:
    strict = found["fma"] >= found["sgemm"]
    return {
        "threads": threads,
        "peak_gflops": found["fma"] if strict else found["sgemm"],
        "core_gflops": max(found["core_fma"], found["core_sgemm"]),
        "method": "fused multiply-adds on registers" if strict else "matrix products, torch.mm",
        "strict": strict,
        "measured": found,
    }


def limit_ms(flop: float, roof: dict[str, Any]) -> float:
    """The least time, in milliseconds, in which so many FLOP can be done on this machine."""
    return flop / (roof["peak_gflops"] * 1e6)


def sentences(roof: dict[str, Any]) -> list[str]:
    """The roofline in words."""
    threads, found = roof["threads"], roof["measured"]
    parts = [f"{roof['core_gflops']:.0f} GFLOP/s on one core"]
    if threads > 1:
        parts.append(f"{roof['peak_gflops']:.0f} on {threads} threads")
    lines = [f"Single-precision peak: {', '.join(parts)}, by {roof['method']}."]
    if roof["strict"]:
        lines.append(f"Matrix products reach {found['sgemm']:.0f} GFLOP/s of it.")
    else:
        missing = "" if found["fma"] else " (numba, which the stricter method needs, is missing)"
        lines.append(f"A weaker limit than the registers': multiples come out too small{missing}.")
    if roof["peak_gflops"] < 0.8 * threads * roof["core_gflops"]:
        lines.append("The threads share a core, or something else was running.")
    copies = [f"{found['dram_gb_s']:.0f} GB/s from memory"]
    if found["cache_gb_s"]:
        copies.append(f"{found['cache_gb_s']:.0f} GB/s from the last cache")
    return [*lines, f"Copies, read plus written: {', '.join(copies)}."]


def _fma(kernels: list[tuple[int, Callable[..., float]]], threads: int, seconds: float) -> float:
    """Best GFLOP/s of independent fused multiply-adds; zero without numba."""
    best = 0.0
    for width, kernel in kernels:
        passes = 20_000
        # short runs, so that some of them are not interrupted by other programs
        while _together(kernel, passes, threads) < 4e-3:
            passes *= 2
        work = functools.partial(_together, kernel, passes, threads)
        spent = _best_time(work, seconds / len(kernels))
        best = max(best, 2e-9 * width * passes * threads / spent)
    return best


def _together(kernel: Callable[..., float], passes: int, threads: int) -> float:
    """Start the kernel on that many threads at once; seconds until all are done."""
    gate = threading.Barrier(threads + 1)

    def work() -> None:
        gate.wait()
        kernel(0.5, passes)

    team = [threading.Thread(target=work) for _ in range(threads)]
    for member in team:
        member.start()
    # the clock starts before the gate opens, so that the time is never too short
    start = time.perf_counter()
    gate.wait()
    for member in team:
        member.join()
    return time.perf_counter() - start


def _sgemm(threads: int, seconds: float) -> float:
    best = 0.0
    with torch_threads(threads):
        for size in SIZES:
            a, b, out = (torch.rand(size, size) for _ in range(3))
            work = functools.partial(torch.mm, a, b, out=out)
            spent = _best_time(work, seconds / len(SIZES))
            best = max(best, 2e-9 * size**3 / spent)
    return best


def _copies(size: int, threads: int, seconds: float) -> float:
    """GB/s, read plus written, of copying an array of `size` bytes many times."""
    with torch_threads(threads):
        source, target = (torch.zeros(size // 4) for _ in range(2))
        return 2e-9 * size / _best_time(lambda: target.copy_(source), seconds)


def _best_time(work: Callable[[], object], seconds: float) -> float:
    work()
    best, end = float("inf"), time.perf_counter() + seconds
    while best == float("inf") or time.perf_counter() < end:
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def _fma_kernels() -> list[tuple[int, Callable[..., float]]]:
    """Pairs of a kernel's floats per pass and the kernel; an empty list without numba."""
    try:
        from .fused_multiply_add import kernel
    except ImportError:
        return []
    return [(lanes * vectors, kernel(lanes, vectors)) for lanes, vectors in _SHAPES]
