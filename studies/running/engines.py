"""What an engine is, and the one that makes trials one after another in this process.

An engine takes the agenda, the store, the device, the number of threads and a display, and yields
each trial once it has ended, here or in another run of the study.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from typing import Protocol, TypeAlias

from ..design.trial import Trial
from .agenda import Agenda, Ended
from .attempt import attempt
from .claims import Claimed
from .recorder import FolderRecorder
from .store import ResultStore

Endings: TypeAlias = Generator[Ended]
TICK = 0.5
"""Seconds between two looks at what has ended."""


class Watcher(Protocol):
    """What an engine tells about its trials."""

    @property
    def live(self) -> bool:
        """Whether somebody watches live lines, among them those about kernels being compiled."""

    def running(self, trials: Sequence[Trial]) -> None:
        """These are under way now."""

    def refresh(self) -> None:
        """Time has passed."""

    def note(self, text: str) -> None:
        """This is worth a line that stays."""


Engine: TypeAlias = Callable[[Agenda, ResultStore, str, int, Watcher], Endings]


def inline(
    agenda: Agenda, store: ResultStore, device: str, threads: int, watcher: Watcher
) -> Endings:
    """One after another, here."""
    while agenda:
        yield from agenda.ended_elsewhere()
        trial = agenda.next()
        if trial is None:
            watcher.running([])
            time.sleep(TICK)
            continue
        watcher.running([trial])
        try:
            recorder = FolderRecorder(store, trial, device, watcher.refresh)
            here = attempt(trial, recorder, store.path(trial), threads)
        except Claimed:
            agenda.postpone(trial)
        # as with workers, what cannot be read of one trial is no matter of the others
        except Exception as error:
            yield Ended(trial, error)
        else:
            yield Ended(trial, here=here)
