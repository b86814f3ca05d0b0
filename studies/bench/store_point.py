"""Loads a store once for `memnets bench store`, in a process of its own.

Run as a program with a way of loading and the store's folder; prints one JSON object.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import pandas as pd

from ..running.store import ResultStore


def measured(way: str, folder: Path) -> dict[str, float]:
    """Seconds that loading took, and the most MB that this process had, before it and in all."""
    store = ResultStore(folder)
    before, begun, used = peak_mb(), time.perf_counter(), time.process_time()
    frame = _load(way, store)
    times = {"seconds": time.perf_counter() - begun, "cpu_seconds": time.process_time() - used}
    assert len(frame)
    return times | {"before_mb": before, "peak_mb": peak_mb()}


def _load(way: str, store: ResultStore) -> pd.DataFrame:
    frame: pd.DataFrame = store.facts() if way == "facts" else store.load()
    return frame


def peak_mb() -> float:
    """The most MB of memory that this process had."""
    try:
        # what the system counts for resource.getrusage includes the process that started this one
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        (kilobytes,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
        return int(kilobytes) * 1024 / 1e6
    except (OSError, ValueError):
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], Path(sys.argv[2]))))
