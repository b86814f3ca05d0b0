"""How far a study is, from its folder alone: for those who watch from outside of its run."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from ..design.trial import Trial
from ..procedures.base import Row
from . import claims
from .attempts_file import FAILED, has_failed
from .files import read_object
from .live_lines import share_done
from .pace import Pace, label_of, study_left
from .rows_file import DONE
from .store import ResultStore
from .tail import Tail
from .trial_file import TrialFile

LAST = 60
"""Rows of a trial that are kept to tell how far it is."""


class Line(NamedTuple):
    """A trial that runs or has ended."""

    trial: Trial
    scores: Sequence[float]
    """The column that its procedure names as `score`, per step: the mean of tests, else of rows."""
    rows: Sequence[Row]
    """The last ones."""
    seconds: float | None
    """For how long it runs, or how long it took."""
    left: float | None = None
    error: str = ""


class Frame(NamedTuple):
    """A study at one moment."""

    name: str
    total: int
    done: int
    failed: int
    running: Sequence[Line]
    ended: Sequence[Line]
    """Those that ended, the last one first."""
    models: Mapping[tuple[str, str], Counter[str]]
    """Per task and model that was begun, how many trials are done, failed, running."""
    left: float | None
    speed: float
    """Training sequences per second of all that run, together."""


@dataclass
class _Seen:
    """What was read of a trial so far."""

    trial: Trial
    tail: Tail
    pace: Pace | None = None
    tests: dict[Any, list[float]] = field(default_factory=dict)
    others: dict[Any, list[float]] = field(default_factory=dict)
    last: list[Row] = field(default_factory=list)
    line: Line | None = None

    def read(self) -> None:
        """Take in what was written."""
        score, defaults = self.trial.procedure.score, self.trial.procedure.row_defaults
        for row in self.tail.new_rows():
            self.last = [*self.last[1 - LAST :], row]
            ordinary = all(row.get(name, value) == value for name, value in defaults.items())
            if ordinary and isinstance(value := row.get(score), int | float):
                found = self.tests if row.get("kind") == "test" else self.others
                found.setdefault(row.get("step"), []).append(value)

    @property
    def scores(self) -> list[float]:
        """The mean of each step."""
        found = self.tests or self.others
        return [sum(values) / len(values) for values in found.values()]


class WatchedStudy:
    """Reads a study's folder again and again, each row once."""

    def __init__(self, store: ResultStore) -> None:
        self._store = store
        self._seen: dict[str, _Seen] = {}

    def look(self) -> Frame:
        """The study now; raises NotResults where the folder holds none."""
        now, study = time.time(), self._store.study
        running: list[Line] = []
        ended: dict[str, tuple[float, Line]] = {}
        models: dict[tuple[str, str], Counter[str]] = {}
        waiting: list[tuple[str, str] | None] = []
        whole: list[tuple[tuple[str, str], float]] = []
        states: Counter[str] = Counter()
        for name in study["trials"]:
            seen, state = self._of(name), self._state(name, now)
            states[state] += 1
            if seen is None:
                waiting.append(None)
                continue
            label = label_of(seen.trial)
            models.setdefault(label, Counter())[state] += 1
            if state == "running":
                running.append(self._running(name, seen, now))
                if seen.pace and (took := seen.pace.whole(now)):
                    whole.append((label, took))
            elif state == "waiting":
                waiting.append(label)
            else:
                ended[name] = self._ended(name, seen, state)
                if state == "done" and (took := ended[name][1].seconds):
                    whole.append((label, took))
        return Frame(
            study["name"],
            len(study["trials"]),
            states["done"],
            states["failed"],
            running,
            [line for _, line in sorted(ended.values(), key=lambda pair: -pair[0])],
            models,
            study_left([line.left for line in running], waiting, whole) if running else None,
            sum(_speed(line) for line in running),
        )

    def _of(self, name: str) -> _Seen | None:
        """What is known of a trial; None before it was begun."""
        home = self._store.path(name)
        if name not in self._seen:
            if not (home / "trial.json").is_file():
                return None
            self._seen[name] = _Seen(TrialFile.of_folder(home).trial, Tail(home))
        return self._seen[name]

    def _state(self, name: str, now: float) -> str:
        home = self._store.path(name)
        if (home / DONE).is_file():
            return "done"
        if claims.since(self._store.folder, name, now) is not None:
            return "running"
        return "failed" if has_failed(home) else "waiting"

    def _running(self, name: str, seen: _Seen, now: float) -> Line:
        seen.read()
        began = claims.since(self._store.folder, name, now) or now
        share, written = share_done(seen.trial, seen.last), seen.tail.written()
        if seen.pace is None or seen.pace.begun < began:
            # one that was begun before it was claimed had some rows already, nobody says how many
            described = (self._store.path(name) / "trial.json").stat().st_mtime
            fresh = described > began - 1
            seen.pace = Pace(began, 0.0) if fresh else Pace(now, share)
        if written is not None:
            seen.pace.saw(share, max(written, seen.pace.begun))
        return Line(seen.trial, seen.scores, seen.last, now - began, seen.pace.left(now))

    def _ended(self, name: str, seen: _Seen, state: str) -> tuple[float, Line]:
        path = self._store.path(name) / (DONE if state == "done" else FAILED)
        when = path.stat().st_mtime
        if seen.line is None or bool(seen.line.error) != (state == "failed"):
            seen.read()
            facts = read_object(path, "Run the study again.")
            error = str(facts.get("error", "it failed")) if state == "failed" else ""
            seen.line = Line(seen.trial, seen.scores, seen.last, _took(facts), None, error)
        return when, seen.line


def _took(facts: Mapping[str, Any]) -> float | None:
    """Seconds between beginning and end, where a file says both."""
    try:
        times = (datetime.fromisoformat(facts[name]) for name in ("started", "finished"))
        started, finished = times
        return (finished - started).total_seconds()
    except (KeyError, TypeError, ValueError):
        return None


def _speed(line: Line) -> float:
    """Training sequences per second, as the last row that tells has them."""
    for row in reversed(line.rows):
        sequences, seconds = row.get("sequences"), row.get("seconds")
        if isinstance(sequences, int | float) and isinstance(seconds, int | float) and seconds > 0:
            return sequences / seconds
    return 0.0
