"""Runs a program, and sees how much memory it has together with the processes that it starts."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Mapping, Sequence

import psutil

EVERY = 0.2
"""Seconds between two looks."""


def run_and_watch(command: Sequence[str], environment: Mapping[str, str]) -> tuple[str, float]:
    """What the program printed, and the most MB that it and its children had at one look.

    What processes share counts once, where the system says it; shorter peaks are missed. Raises
    CalledProcessError where the program fails.
    """
    most = 0.0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, encoding="utf-8", env=dict(environment)
    ) as process:
        while True:
            try:
                said, _ = process.communicate(timeout=EVERY)
                break
            except subprocess.TimeoutExpired:
                most = max(most, _memory(process.pid))
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return said, most


def _memory(number: int) -> float:
    """MB of a process and its children now; none of those that have just ended."""
    total = 0
    with contextlib.suppress(psutil.Error):
        first = psutil.Process(number)
        for each in (first, *first.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                found = each.memory_full_info()
                total += getattr(found, "pss", found.uss)
    return total / 1e6
