"""By which clock the seconds of a training count, and durations as text."""

from __future__ import annotations

import time

WALL, PROCESSOR = "wall", "processor"
CLOCKS = (WALL, PROCESSOR)


def now(clock: str) -> float:
    """Seconds by one of the CLOCKS, from a moment that does not matter.

    The processor's counts what this process was given, by all its threads: other work on the
    machine delays it, and hardly adds to it.
    """
    return time.process_time() if clock == PROCESSOR else time.perf_counter()


def clock(seconds: float) -> str:
    """Seconds as m:ss or h:mm:ss."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
