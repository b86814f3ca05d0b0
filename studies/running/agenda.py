"""Which trials a run still has to make, where other runs of the study may make some of them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, final

from ..design.trial import Trial
from .attempts_file import FAILED
from .store import ResultStore

AGAIN = 1.0
"""Seconds until a trial that another process was making is asked for again."""


class Ended(NamedTuple):
    """A trial that ended, what its worker raised if it did, and whether this run made it."""

    trial: Trial
    error: Exception | None = None
    here: bool = True


@final
class Agenda:
    """The trials that are left, in order; those of other processes come last.

    A trial whose worker died is made up to `retries` times more.
    """

    def __init__(self, trials: Sequence[Trial], store: ResultStore, retries: int = 1) -> None:
        self.trials = tuple(trials)
        self._store = store
        self._left = deque(trials)
        self._claimed: deque[tuple[float, Trial]] = deque()
        self._failures = {trial.id: self._failure(trial) for trial in trials}
        self._retries = {trial.id: retries for trial in trials}

    def __len__(self) -> int:
        """How many trials are left, without those that are under way here."""
        return len(self._left) + len(self._claimed)

    @property
    def waiting(self) -> tuple[Trial, ...]:
        """The trials that are left, without those that are under way here."""
        return (*self._left, *(trial for _, trial in self._claimed))

    def ended_elsewhere(self) -> Iterator[Ended]:
        """The next ones, as long as another run has ended them since this one began."""
        now = time.monotonic()
        while self._claimed and self._claimed[0][0] <= now:
            self._left.append(self._claimed.popleft()[1])
        while self._left and self.has_ended(self._left[0]):
            yield Ended(self._left.popleft(), here=False)

    def next(self, fits: Callable[[Trial], bool] = lambda _: True) -> Trial | None:
        """The first trial that `fits`, to be made now; None where there is none to make."""
        trial = next(filter(fits, self._left), None)
        if trial is not None:
            self._left.remove(trial)
        return trial

    def postpone(self, trial: Trial) -> None:
        """Another process makes it: ask again later."""
        self._claimed.append((time.monotonic() + AGAIN, trial))

    def again(self, trial: Trial) -> bool:
        """Its worker died: whether it is made again, next."""
        self._retries[trial.id] -= 1
        if self._retries[trial.id] < 0:
            return False
        self._left.appendleft(trial)
        return True

    def has_ended(self, trial: Trial) -> bool:
        """Whether another run has ended it, well or badly, since this one began."""
        failed = self._failure(trial)
        ended_badly = failed is not None and failed != self._failures[trial.id]
        return ended_badly or self._store.is_done(trial)

    def _failure(self, trial: Trial) -> tuple[int, int] | None:
        """What tells a stored failure from another one."""
        try:
            stat = (self._store.path(trial) / FAILED).stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_ino
