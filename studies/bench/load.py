"""How busy the machine is with other processes while something is measured."""

from __future__ import annotations

import os
import time
from pathlib import Path


class Load:
    """Measures how many cores other processes keep busy, from its construction on.

    That is the processor time of the whole machine, less that of this process and of its children
    that have ended. It is None on systems without /proc/stat. A timing is only as good as this
    number is small.
    """

    def __init__(self) -> None:
        self._start = self._now()

    def foreign(self, children: float = 0.0) -> float | None:
        """Cores busy with other processes, on average since the start.

        `children` is the processor time, in seconds, of our own processes that still run.
        """
        end = self._now()
        if self._start is None or end is None:
            return None
        wall, busy, own = (b - a for a, b in zip(self._start, end, strict=True))
        # the machine's count has ticks of 10 ms and this process's is finer: it can be below zero
        return round(max(busy - own - children, 0.0) / wall, 3) if wall > 0 else None

    @staticmethod
    def _now() -> tuple[float, float, float] | None:
        try:
            line = Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0]
            user, nice, system, _idle, _wait, irq, soft = map(int, line.split()[1:8])
            busy = (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")
        except (OSError, ValueError):
            return None
        own = os.times()
        return time.perf_counter(), busy, sum(own[:4])
