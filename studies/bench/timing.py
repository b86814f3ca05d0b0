"""Timing of several candidates side by side, in rounds.

A round times every candidate once. Whatever disturbs the machine for a while then disturbs all of
them alike, so that their ratios can be trusted more than their times.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

Row = dict[str, Any]

# runs so many steps and returns the seconds that they took
Timer: TypeAlias = Callable[[int], float]

_LEAST_SECONDS = 0.02
"""A candidate runs at least this long per round; the clock and the scheduler blur shorter times."""


class NotCovered(Exception):
    """A backend does not run a model; the message says why."""


class Candidate(NamedTuple):
    """Something to time that is warmed up, and the seconds of its last step so far."""

    timer: Timer
    step_seconds: float


def clocked(step: Callable[[], object], finish: Callable[[], object] | None = None) -> Timer:
    """A timer of steps in this process; `finish` waits until a device has done its work."""

    def timer(steps: int) -> float:
        start = time.perf_counter()
        for _ in range(steps):
            step()
        if finish:
            finish()
        return time.perf_counter() - start

    return timer


def warm_up(timer: Timer, *, least: int = 2, most: int = 12) -> float:
    """Run until two steps in a row take about the same time; returns the seconds of the last."""
    before = timer(1)
    last = before
    for done in range(1, most):
        last = timer(1)
        if done >= least and abs(last - before) < 0.3 * before:
            break
        before = last
    return last


def failure(error: Exception) -> str:
    """The note of a row that has no time because of an error."""
    message = (str(error).splitlines() or [""])[0]
    return f"failed: {type(error).__name__}: {message}"


def prepare(
    makers: Mapping[str, Callable[[], Timer]],
    say: Callable[[str], None],
    note: Callable[[Exception], str] = failure,
    *,
    most: int = 12,
) -> tuple[dict[str, Candidate], dict[str, str]]:
    """Make and warm up each candidate; one that fails has a note in the second result instead.

    It is warmed up by `most` steps at most.
    """
    ready: dict[str, Candidate] = {}
    notes: dict[str, str] = {}
    for name, make in makers.items():
        say(f"warming up {name}")
        # one candidate that fails must not end a bench of hours
        try:
            timer = make()
            ready[name] = Candidate(timer, warm_up(timer, most=most))
        except NotCovered as reason:
            notes[name] = f"not covered: {reason}"
        except Exception as error:
            notes[name] = note(error)
    return ready, notes


def interleave(
    candidates: Mapping[str, Candidate], rounds: int
) -> tuple[dict[str, list[float]], dict[str, Exception]]:
    """Milliseconds per step of every candidate in every round.

    The candidate that begins changes from round to round. One that fails is left out from then on:
    it has no times, and its exception is in the second result.
    """
    times: dict[str, list[float]] = {name: [] for name in candidates}
    failed: dict[str, Exception] = {}
    order = list(candidates)
    for _ in range(rounds):
        for name in order:
            if name in failed:
                continue
            timer, step_seconds = candidates[name]
            steps = max(1, math.ceil(_LEAST_SECONDS / max(step_seconds, 1e-6)))
            try:
                times[name].append(1e3 * timer(steps) / steps)
            except Exception as error:
                failed[name] = error
                del times[name]
        order = order[1:] + order[:1]
    return times, failed


def summary(times: list[float]) -> Row:
    """Median, 10th and 90th percentile of times, and the number of rounds."""
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


def backend_rows(
    backends: Iterable[str],
    times: Mapping[str, list[float]],
    notes: Mapping[str, str],
    batch: int,
    extra: Mapping[str, Row] | None = None,
) -> list[Row]:
    """A row per backend: its times, their ratio to the reference and its extra columns; or a note.

    `ratio` is the reference's time over this backend's, None where the reference has no time.
    """
    found = {name: summary(values) for name, values in times.items()}
    reference = found.get("reference", {}).get("ms")
    rows: list[Row] = []
    for name in backends:
        if name in notes:
            rows.append({"backend": name, "note": notes[name]})
            continue
        ms = found[name]["ms"]
        rows.append(
            {
                "backend": name,
                **found[name],
                "sequences_per_second": 1e3 * batch / ms,
                "ratio": reference / ms if reference else None,
                **(extra or {}).get(name, {}),
                "note": "",
            }
        )
    return rows
