"""Progress on a terminal: a line for each running trial and one for the study."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from memnets.backends.compiling import Compilation, compiling

from ..design.trial import Trial
from ..procedures.base import Row
from ..procedures.clock import clock
from .files import last_lines
from .store import ResultStore

if TYPE_CHECKING:
    from rich.console import Group, OverflowMethod


class Planned(Protocol):
    """What is run: its name, and its trials."""

    @property
    def name(self) -> str: ...

    def trials(self) -> Iterable[Trial]: ...


class Display:
    """Reads how far the running trials are from their rows; silent where nobody watches."""

    def __init__(self, store: ResultStore, study: Planned, *, quiet: bool | None = None) -> None:
        from rich.console import Console

        self._store, self._study = store, study
        self._total = sum(1 for _ in study.trials())
        self._done = self._failed = self._skipped = 0
        self._running: dict[str, tuple[Trial, float]] = {}
        self._console = Console(stderr=True)
        self._quiet = not self._console.is_terminal if quiet is None else quiet
        self._live: Any = None

    def __enter__(self) -> Display:
        from rich.live import Live

        if not self._quiet:
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
        self._running = {t.id: known.get(t.id, (t, now)) for t in trials}
        self.refresh()

    def count(self, *, done: int, failed: int, skipped: int) -> None:
        """So many trials have ended in this run, well or badly, and so many before it."""
        self._done, self._failed, self._skipped = done, failed, skipped
        self.refresh()

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
        text = printable(f"{self._study.name}: {text}", self._console.encoding)
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _stop(self) -> None:
        if self._live:
            self._live.stop()
            self._live = None

    def _lines(self) -> Group:
        from rich.console import Group
        from rich.text import Text

        lines = [
            describe(trial, _last_rows(self._store, trial), time.monotonic() - since)
            for trial, since in self._running.values()
        ]
        lines += map(describe_compilation, compiling())
        ended = self._skipped + self._done + self._failed
        study = f"{self._study.name}: {ended}/{self._total} trials"
        study += f", {self._failed} failed" if self._failed else ""
        encoding = self._console.encoding
        cut: OverflowMethod = "ellipsis" if printable("…", encoding) == "…" else "crop"
        texts = (printable(line, encoding) for line in [*lines, study])
        return Group(*(Text(text, no_wrap=True, overflow=cut) for text in texts))


def printable(text: str, encoding: str) -> str:
    """The text with escapes in place of characters that an encoding lacks."""
    return text.encode(encoding, "backslashreplace").decode(encoding)


def describe_compilation(kernel: Compilation) -> str:
    """One line about a kernel that a process of this machine compiles, once for all trials."""
    so_far = clock(time.time() - kernel.since)
    return f"compiling {kernel.name}  {so_far} of about {clock(kernel.about_seconds)}"


def describe(trial: Trial, rows: Sequence[Row], waited: float = 0.0) -> str:
    """One line about a running trial, from the last of its rows that has something to show."""
    name = f"{trial.task_label}  {trial.model_label}  seed {trial.seed}"
    for row in reversed(rows):
        said = _progress(trial, row)
        if said:
            return f"{name}  {said}"
    return f"{name}  started {clock(waited)} ago"


def _progress(trial: Trial, row: Row) -> str:
    # a procedure may come from anywhere, and no live line is worth a trial
    try:
        return trial.procedure.progress(row)
    except Exception as error:
        return f"(progress: {type(error).__name__}: {error})"


def _last_rows(store: ResultStore, trial: Trial) -> list[Row]:
    return [json.loads(line) for line in last_lines(store.path(trial) / "metrics.jsonl")]
