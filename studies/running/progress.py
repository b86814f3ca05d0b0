"""Progress of a study: live lines on a terminal, and a line a minute in a log."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from memnets.backends.compiling import compiling

from ..design.trial import Trial
from ..procedures.base import Row
from ..procedures.clock import clock
from .live_lines import describe, describe_compilation, last_rows, printable, share_done
from .pace import Label, Pace, label_of, study_left
from .store import ResultStore

if TYPE_CHECKING:
    from rich.console import Group, OverflowMethod

LOGGED_EVERY = 60.0
"""Seconds at least between two lines of a log."""


class Planned(Protocol):
    """What is run: its name, and its trials."""

    @property
    def name(self) -> str: ...

    def trials(self) -> Iterable[Trial]: ...


class Waiting(Protocol):
    """What is left to make."""

    @property
    def waiting(self) -> Sequence[Trial]: ...


class Display:
    """Reads how far the running trials are from their rows.

    A terminal has a line for each running trial and one for the study, redrawn twice a second. What
    is no terminal, such as the log of a job, has the study's line after a trial, once a minute at
    most. With `quiet` there is neither.
    """

    def __init__(self, store: ResultStore, study: Planned, *, quiet: bool = False) -> None:
        from rich.console import Console

        self._store, self._study = store, study
        self._total = sum(1 for _ in study.trials())
        self._done = self._failed = self._skipped = 0
        self._running: dict[str, tuple[Trial, Pace]] = {}
        self._ended: list[tuple[Label, float]] = []
        self._agenda: Waiting | None = None
        self._console = Console(stderr=True)
        self._quiet = quiet
        self._live: Any = None
        self._logged = time.monotonic()

    def __enter__(self) -> Display:
        from rich.live import Live

        if self._console.is_terminal and not self._quiet:
            # a thread of its own redraws, so the clock runs while a trial trains in this process
            self._live = Live(
                get_renderable=self._lines, console=self._console, refresh_per_second=2
            )
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    @property
    def live(self) -> bool:
        """Whether lines are drawn and redrawn, those about kernels being compiled among them."""
        return self._live is not None

    def running(self, trials: Sequence[Trial]) -> None:
        """These trials are under way now."""
        now = time.monotonic()
        known = self._running
        self._running = {t.id: known.get(t.id) or (t, self._pace(t, now)) for t in trials}
        for trial, pace in known.values():
            if trial.id not in self._running and self._store.is_done(trial):
                self._ended.append((label_of(trial), pace.ended(now)))
        self.refresh()

    def follow(self, agenda: Waiting) -> None:
        """These trials are to be made."""
        self._agenda = agenda

    def count(self, *, done: int, failed: int, skipped: int) -> None:
        """So many trials have ended in this run, well or badly, and so many before it."""
        self._done, self._failed, self._skipped = done, failed, skipped
        self.refresh()
        if not self._live and not self._quiet:
            self._log(time.monotonic())

    def refresh(self) -> None:
        """Draw the present state."""
        if self._live:
            self._live.refresh()

    def close(self, summary: str) -> None:
        """End the live lines and leave one line that stays."""
        self._running = {}
        self._stop()
        self.note(summary)

    def note(self, text: str) -> None:
        """Leave a line that stays, live or not."""
        self._print(f"{self._study.name}: {text}")

    def _stop(self) -> None:
        if self._live:
            self._live.stop()
            self._live = None

    def _log(self, now: float) -> None:
        if now - self._logged >= LOGGED_EVERY:
            self._logged = now
            self._print(self._whole([pace.left(now) for _, _, pace in self._looked(now)], now))

    def _print(self, text: str) -> None:
        text = printable(text, self._console.encoding)
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _looked(self, now: float) -> Iterator[tuple[Trial, list[Row], Pace]]:
        """The running trials with their last rows, which their paces have seen."""
        for trial, pace in self._running.values():
            rows = last_rows(self._store, trial)
            pace.saw(share_done(trial, rows), now)
            yield trial, rows, pace

    def _lines(self) -> Group:
        from rich.console import Group
        from rich.text import Text

        now, encoding = time.monotonic(), self._console.encoding
        lines, left = [], []
        for trial, rows, pace in self._looked(now):
            left.append(pace.left(now))
            lines.append(
                describe(trial, rows, now - pace.begun, left[-1], width=self._console.width)
            )
        lines += map(describe_compilation, compiling())
        lines.append(self._whole(left, now))
        cut: OverflowMethod = "ellipsis" if printable("…", encoding) == "…" else "crop"
        texts = (printable(line, encoding) for line in lines)
        return Group(*(Text(text, no_wrap=True, overflow=cut) for text in texts))

    def _whole(self, left: Sequence[float | None], now: float) -> str:
        """One line about the study."""
        ended = self._skipped + self._done + self._failed
        parts = [f"{self._study.name}: {ended}/{self._total} trials"]
        if self._failed:
            parts.append(f"{self._failed} failed")
        going = ((label_of(trial), pace.whole(now)) for trial, pace in self._running.values())
        known = [*self._ended, *((label, took) for label, took in going if took is not None)]
        waiting = map(label_of, self._agenda.waiting if self._agenda else ())
        seconds = study_left(left, waiting, known)
        if seconds:
            parts.append(f"{clock(seconds)} left")
        return ", ".join(parts)

    def _pace(self, trial: Trial, now: float) -> Pace:
        return Pace(now, share_done(trial, last_rows(self._store, trial)))
