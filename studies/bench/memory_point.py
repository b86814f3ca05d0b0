"""Measures one point of `memnets bench memory`: one memory at one number of slots.

Run as a program with one JSON object as argument; prints the row as one JSON object. Every point
has a process of its own, so that the peak memory of the process is that of the point.
"""

from __future__ import annotations

import ctypes
import gc
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from memnets.equations import memory
from memnets.types import Address

from .memory_models import MODELS, Subject

PROBES = (1, 2)
"""Steps of the two short sequences that predict the cost of the whole one."""

TIMED_S, AT_MOST = 5.0, 15
"""Seconds to spend on timing sequences, and the most sequences; there is at least one."""

MB = 1e6

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # the names of these options in malloc.h of glibc


def measured(
    model: str, slots: int, batch: int, steps: int, width: int, limit_s: float, limit_mb: float
) -> dict[str, Any]:
    """The row of one point; beyond a limit it has a note in place of numbers."""
    make, note = MODELS[model]
    row = {"model": model, "slots": slots, "batch": batch, "steps": steps}
    missing = dict.fromkeys(("ms", "address_ms", "access_ms", "peak_mb"))
    row |= missing | {"buffer_mb": batch * slots * width * 4 / MB, "note": note}
    _keep_within(limit_mb)
    try:
        torch.manual_seed(0)
        subject = make(slots, width, batch)
        h_TBC = torch.randn(steps, batch, subject.inputs, requires_grad=True)
        seconds, grown = _predicted(lambda count: _unroll(subject, h_TBC[:count]), steps)
        if seconds > limit_s or grown > limit_mb:
            predicted = f"would take about {seconds:.0f} s and {grown:.0f} MB by the slope of short"
            return row | {"note": f"{note}; not run: {predicted} sequences"}
        peak_mb = peak(lambda: _unroll(subject, h_TBC))
        ms = _median_ms(lambda: _unroll(subject, h_TBC))
        access = _accesses(subject, h_TBC, width)
        access()
        access_ms = _median_ms(access)
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and "alloc" not in str(error):
            raise
        return row | {"note": f"{note}; not run: does not fit in {limit_mb:.0f} MB"}
    parts = {"address_ms": max(ms - access_ms, 0.0), "access_ms": access_ms}
    return row | {"ms": ms, **parts, "peak_mb": peak_mb}


def _unroll(subject: Subject, h_TBC: Tensor) -> list[Address]:
    """Forward and backward over a sequence; the addresses of its steps."""
    state, loss, addresses = subject.start(), torch.zeros(()), []
    for h_BC in h_TBC.unbind(0):
        read_BO, state, address = subject.step(h_BC, state)
        loss = loss + read_BO.square().sum() + address.log_prob_BH.sum()
        addresses.append(address)
    loss.backward()
    return addresses


def _accesses(subject: Subject, h_TBC: Tensor, width: int) -> Callable[[], object]:
    """A function that runs only the writes and reads of a sequence, at the addresses it found."""
    found = _unroll(subject, h_TBC)
    weights = [address.weights_BHK.detach().requires_grad_() for address in found]
    B, start = h_TBC.shape[1], subject.start()
    erase_TB1W = torch.rand(len(found), B, 1, width, requires_grad=True)
    add_TB1W = torch.randn(len(found), B, 1, width, requires_grad=True)

    def run() -> None:
        contents, loss = subject.contents(start), torch.zeros(())
        steps = zip(found, weights, erase_TB1W.unbind(0), add_TB1W.unbind(0), strict=True)
        for address, weights_BHK, erase_B1W, add_B1W in steps:
            here = address._replace(weights_BHK=weights_BHK)
            contents = memory.write(contents, here.heads(slice(1)), erase_B1W, add_B1W)
            loss = loss + memory.read(contents, here.heads(slice(1, None))).square().sum()
        loss.backward()

    return run


def _predicted(run: Callable[[int], object], steps: int) -> tuple[float, float]:
    """Seconds and MB that a sequence will take, by the slope between two short ones."""
    run(PROBES[0])
    costs = []
    for count in PROBES:
        begun = time.perf_counter()
        peak_mb = peak(lambda count=count: run(count))  # type: ignore[misc]
        costs.append((time.perf_counter() - begun, peak_mb))
    slopes = [(last - first) / (PROBES[1] - PROBES[0]) for first, last in zip(*costs, strict=True)]
    whole = [
        last + slope * (steps - PROBES[1]) for last, slope in zip(costs[1], slopes, strict=True)
    ]
    return whole[0], whole[1]


def _median_ms(run: Callable[[], object]) -> float:
    times: list[float] = []
    while not times or (len(times) < AT_MOST and sum(times) < TIMED_S):
        begun = time.perf_counter()
        run()
        times.append(time.perf_counter() - begun)
    return 1000 * statistics.median(times)


def peak(run: Callable[[], object]) -> float:
    """The most MB by which the resident memory of this process rises during `run`."""
    gc.collect()
    with _returning_memory():
        try:
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
            before = _status("VmRSS")
            run()
            return _status("VmHWM") - before
        except OSError:
            unit = MB if sys.platform == "darwin" else MB / 1024
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
            run()
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit - before


@contextmanager
def _returning_memory() -> Iterator[None]:
    """Have the C library return freed tensors to the system at once, where it has that option.

    Otherwise freed memory stays with the process: gaps between tensors are counted, and memory
    freed earlier is used again without being counted. It costs time, so it is in force only while
    memory is measured.
    """
    try:
        library = ctypes.CDLL(None)
        library.malloc_trim(0)
        library.mallopt(_MMAP_THRESHOLD, 1 << 16)
    except (OSError, AttributeError):
        yield
        return
    try:
        yield
    finally:
        # the values that the library settles on by itself among tensors of this size
        library.mallopt(_MMAP_THRESHOLD, 1 << 25)
        library.mallopt(_TRIM_THRESHOLD, 1 << 26)


def _status(name: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith(f"{name}:"))
    return int(kilobytes) * 1024 / MB


def _keep_within(limit_mb: float) -> None:
    """Limit the memory of this process, so that the system need not end it or another one."""
    with suppress(OSError, ValueError):
        held = _status("VmSize") + limit_mb
        resource.setrlimit(resource.RLIMIT_AS, (int(held * MB), resource.RLIM_INFINITY))


if __name__ == "__main__":
    request = json.loads(sys.argv[1])
    torch.set_num_threads(request.pop("threads"))
    print(json.dumps(measured(**request)))
