"""`memnets study watch`: how far a study is, drawn again and again in a terminal."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tyro.conf import Positional

from studies.procedures.clock import clock

from .describe import results, table

if TYPE_CHECKING:
    from studies.running.watched_study import Frame, Line

BARS = "▁▂▃▄▅▆▇█"
PLAIN_BARS = "_.-~=+*#"
CURVE = 16
"""Characters of a curve."""
MOST_ENDED = 1_000_000


def watch(
    study: Positional[str],
    once: bool = False,
    every: float = 2.0,
    last: int = 5,
    folder: Path = Path("runs"),
) -> int:
    """Watch a study that another terminal, or another machine, runs: trials, curves, time left.

    It reads the results alone and writes nothing. It ends when all trials have ended, or by Ctrl-C.

    Args:
        study: The study's name.
        once: Print how far it is now, and end.
        every: Seconds between two looks.
        last: How many of the trials that ended are shown.
        folder: Where results are: FOLDER/STUDY.
    """
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    from studies.design.data import BadData
    from studies.running.watched_study import WatchedStudy

    if not 0.1 <= every <= 3_600:
        raise BadData(f"every is {every:g}; it must be 0.1 to 3,600 seconds.")
    if not 0 <= last <= MOST_ENDED:
        raise BadData(f"last is {last}; it must be a whole number, 0 to {MOST_ENDED:,}.")
    watched, console = WatchedStudy(results(folder / study)), Console()
    bars = BARS if _takes(BARS) else PLAIN_BARS

    def drawn(frame: Frame, height: int | None = None) -> Text:
        lines = list(lines_of(frame, bars, last, height))
        return Text("\n".join(lines), no_wrap=True, overflow="crop")

    frame = watched.look()
    if once:
        print(*lines_of(frame, bars, last), sep="\n")
        return 0
    with contextlib.suppress(KeyboardInterrupt):
        with Live(drawn(frame, console.height), console=console, auto_refresh=False) as live:
            while frame.done + frame.failed < frame.total or frame.running:
                time.sleep(every)
                frame = watched.look()
                live.update(drawn(frame, console.height), refresh=True)
    return 0


def lines_of(frame: Frame, bars: str, last: int, height: int | None = None) -> Iterator[str]:
    """A frame as lines; of trials under way as many as there is room for in so many lines."""
    yield headline(frame)
    ended = frame.ended[:last]
    # the headline, a title and an empty line for each of three parts, and a line of what is hidden
    taken = 1 + 3 * 2 + 1 + len(ended) + len(frame.models)
    models = height is None or taken + min(len(frame.running), 3) <= height
    room = len(frame.running)
    if height is not None:
        room = max(height - taken + (0 if models else len(frame.models) + 2), 1)
    if frame.running:
        yield from ("", "running")
        yield from table((_running(line, bars) for line in frame.running[:room]), left=4)
        if len(frame.running) > room:
            yield f"and {len(frame.running) - room} more"
    if ended:
        yield from ("", "last ended")
        yield from table((_ended(line, bars) for line in ended), left=4)
    if frame.models and models:
        yield from ("", "models")
        yield from table((_model(*each) for each in frame.models.items()), left=2)


def headline(frame: Frame) -> str:
    """Counts, throughput and time left of the whole study."""
    waiting = frame.total - frame.done - frame.failed - len(frame.running)
    counts = [f"{frame.done}/{frame.total} trials done"]
    for count, what in ((frame.failed, "failed"), (len(frame.running), "running")):
        counts += [f"{count} {what}"] if count else []
    counts += [f"{waiting} waiting"] if waiting else []
    if frame.speed:
        counts.append(f"{frame.speed:,.0f} sequences/s")
    if frame.left is not None:
        counts.append(f"{clock(frame.left)} left")
    return f"{frame.name}: {', '.join(counts)}"


def curve(scores: Sequence[float], bars: str) -> str:
    """Scores as bars, the last ones at the right; between 0 and 1, or else their own extremes."""
    if not scores:
        return ""
    # of more scores than characters, those at even distances, the last one among them
    count = min(len(scores), CURVE)
    at = [round((n + 1) * len(scores) / count) - 1 for n in range(count)]
    low, high = min(0.0, *scores), max(1.0, *scores)
    steps = [int((scores[n] - low) / (high - low) * len(bars)) for n in at]
    return "".join(bars[min(step, len(bars) - 1)] for step in steps)


def _running(line: Line, bars: str) -> list[str]:
    from studies.running.live_lines import told

    time_ = (
        f"{clock(line.seconds or 0)} so far" if line.left is None else f"{clock(line.left)} left"
    )
    return [
        *_named(line),
        curve(line.scores, bars),
        _score(line),
        time_,
        told(line.trial, line.rows),
    ]


def _ended(line: Line, bars: str) -> list[str]:
    took = "" if line.seconds is None else f"in {clock(line.seconds)}"
    said = f"failed: {line.error}" if line.error else took
    return [*_named(line), curve(line.scores, bars), _score(line), said]


def _named(line: Line) -> list[str]:
    return [line.trial.task_label, line.trial.model_label, f"seed {line.trial.seed}"]


def _score(line: Line) -> str:
    return f"{line.trial.procedure.score} {line.scores[-1]:.3f}" if line.scores else ""


def _model(label: tuple[str, str], counts: dict[str, int]) -> list[str]:
    states = ("done", "failed", "running", "waiting")
    return [*label, ", ".join(f"{counts[state]} {state}" for state in states if counts[state])]


def _takes(text: str) -> bool:
    """Whether what is printed can have these characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
