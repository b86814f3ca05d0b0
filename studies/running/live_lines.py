"""One line on a terminal about a trial that runs, from its rows."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

from memnets.backends.compiling import Compilation

from ..design.trial import Trial
from ..procedures.base import Row
from ..procedures.clock import clock
from .files import last_lines
from .rows_file import ROWS
from .store import ResultStore

SHORTEST = 16
"""Characters that are left of a trial's name at least, where a line is too long."""


def describe(
    trial: Trial,
    rows: Sequence[Row],
    waited: float = 0.0,
    left: float | None = None,
    *,
    width: int = 100,
) -> str:
    """One line about a trial, from the last of its rows that has something to show.

    It runs for `waited` seconds, and `left` are left, where that is known. In a line of more than
    `width` characters the name is shortened.
    """
    said = told(trial, rows)
    if not said:
        said = f"started {clock(waited)} ago"
    elif left is None:
        said = f"{clock(waited)} so far  {said}"
    else:
        said = f"{clock(left)} left  {said}"
    seed = f"  seed {trial.seed}"
    room = max(width - len(said) - 2, SHORTEST) - len(seed)
    return f"{_shortened(f'{trial.task_label}  {trial.model_label}', room)}{seed}  {said}"


def told(trial: Trial, rows: Sequence[Row]) -> str:
    """What its procedure says of the last row that has something to show."""
    return next((said for row in reversed(rows) if (said := _progress(trial, row))), "")


def describe_compilation(kernel: Compilation) -> str:
    """One line about a kernel that a process of this machine compiles, once for all trials."""
    so_far = clock(time.time() - kernel.since)
    return f"compiling {kernel.name}  {so_far} of about {clock(kernel.about_seconds)}"


def printable(text: str, encoding: str) -> str:
    """The text with escapes in place of characters that an encoding lacks."""
    return text.encode(encoding, "backslashreplace").decode(encoding)


def last_rows(store: ResultStore, trial: Trial) -> list[Row]:
    """The last rows of a trial, as many as are read quickly; none where one cannot be read.

    Whoever makes the trial says what is wrong with it.
    """
    try:
        rows = [json.loads(line) for line in last_lines(store.path(trial) / ROWS)]
    except ValueError:
        return []
    return rows if all(isinstance(row, dict) for row in rows) else []


def share_done(trial: Trial, rows: Sequence[Row]) -> float:
    """How much of the trial is done after the last of these rows that tells; 0 if none does."""
    for row in reversed(rows):
        # a procedure may come from anywhere, and no live line is worth a trial
        try:
            share = trial.procedure.share_done(row)
            if share is not None:
                return min(max(float(share), 0.0), 1.0)
        except Exception:
            return 0.0
    return 0.0


def _progress(trial: Trial, row: Row) -> str:
    try:
        return trial.procedure.progress(row)
    except Exception as error:
        return f"(progress: {type(error).__name__}: {error})"


def _shortened(text: str, room: int) -> str:
    """Of a text that is too long, its beginning and its end."""
    if len(text) <= room:
        return text
    tail = max(room // 3, 1)
    return f"{text[: max(room - tail - 2, 1)]}..{text[-tail:]}"
