"""Timing side by side: everybody takes a turn in every round, so that drift hits all alike."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

# does so many steps and says how many seconds they took
Run: TypeAlias = Callable[[int], float]

_TURN = 0.02
"""Seconds that a turn lasts at least: below that, the clock and the scheduler show."""


def clocked(step: Callable[[], object], finish: Callable[[], object] | None = None) -> Run:
    """Times a step in this process; `finish` waits for a device to be done."""

    def run(steps: int) -> float:
        start = time.perf_counter()
        for _ in range(steps):
            step()
        if finish:
            finish()
        return time.perf_counter() - start

    return run


def warm_up(run: Run, *, least: int = 2, most: int = 12) -> float:
    """Run until two steps in a row take about as long; seconds of the last."""
    before = run(1)
    last = before
    for done in range(1, most):
        last = run(1)
        if done >= least and abs(last - before) < 0.3 * before:
            break
        before = last
    return last


def interleave(
    runs: Mapping[str, Run],
    rounds: int,
    step_seconds: Mapping[str, float],
) -> tuple[dict[str, list[float]], dict[str, Exception]]:
    """Milliseconds per step of everybody in every round; who begins changes from round to round.

    Who fails drops out: it has no times, and its exception stands in the second result.
    `step_seconds` is what a step took in the warm-up: from it follows how many make a turn.
    """
    turns = {name: max(1, math.ceil(_TURN / max(step_seconds[name], 1e-6))) for name in runs}
    times: dict[str, list[float]] = {name: [] for name in runs}
    failed: dict[str, Exception] = {}
    order = list(runs)
    for _ in range(rounds):
        for name in order:
            if name in failed:
                continue
            try:
                times[name].append(1e3 * runs[name](turns[name]) / turns[name])
            except Exception as error:
                failed[name] = error
                del times[name]
        order = order[1:] + order[:1]
    return times, failed


def failure(error: Exception) -> str:
    """The note of a row that has no time because of an error."""
    said = (str(error).splitlines() or [""])[0]
    return f"failed: {type(error).__name__}: {said}"


def summary(times: list[float]) -> dict[str, Any]:
    """Median, 10th and 90th percentile, and how many rounds they are of."""
    if len(times) == 1:
        low = high = times[0]
    else:
        cuts = statistics.quantiles(times, n=10, method="inclusive")
        low, high = cuts[0], cuts[-1]
    return {
        "ms": statistics.median(times),
        "ms_p10": low,
        "ms_p90": high,
        "rounds": len(times),
    }
