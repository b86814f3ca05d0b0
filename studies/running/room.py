"""Room for trials on the workers of a scheduler, and a note where workers are gone."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterable
from typing import Any, final

from ..design.trial import Trial
from .agenda import Agenda
from .cluster import begin_lost_workers, local_workers
from .engines import Watcher
from .resources import Amounts, Resources, Worker, chosen, places, taken, without, workers_now

LONG = 20.0
"""Seconds without a worker after which that is said, and another of this machine begun."""


@final
class Room:
    """Where the trials of an agenda find room; a note says where workers are gone for long."""

    def __init__(self, client: Any, resources: Resources, agenda: Agenda, watcher: Watcher) -> None:
        self._client, self._agenda, self._watcher = client, agenda, watcher
        self.takes = functools.cache(functools.partial(taken, resources))
        """What a trial takes, by the label of its model."""
        self._least = local_workers(client) or 1
        self._short_since: float | None = None
        self._noted = False
        self._free: dict[str, Worker] = {}
        self._found: dict[str, str | None] = {}

    def look(self, running: Iterable[tuple[Trial, str]]) -> None:
        """See what the workers of now have free beside the trials that run, each on a worker."""
        workers, there = workers_now(self._client), list(running)
        self._free, self._found = dict(workers), {}
        for trial, address in there:
            if address in self._free:
                wanted = self.takes(trial.model_label)
                self._free[address] = without(self._free[address], wanted)
        models = {trial.model_label for trial in (*self._agenda.waiting, *(t for t, _ in there))}
        wants: list[Amounts] = [self.takes(model) for model in models]
        self._note(min((places(workers.values(), wanted) for wanted in wants), default=self._least))

    def worker_for(self, trial: Trial) -> str | None:
        """The worker that has room for a trial; None where there is none."""
        model = trial.model_label
        if model not in self._found:
            self._found[model] = chosen(self._free, self.takes(model))
        return self._found[model]

    def fits(self, trial: Trial) -> bool:
        """Whether there is room for a trial."""
        return self.worker_for(trial) is not None

    def _note(self, found: int) -> None:
        if found >= self._least:
            self._short_since, self._noted = None, False
            return
        self._short_since = self._short_since or time.monotonic()
        if not self._noted and time.monotonic() - self._short_since > LONG:
            self._noted = True
            self._await_workers(found)

    def _await_workers(self, found: int) -> None:
        if local_workers(self._client):
            lost = f"{self._least - found} of {self._least}"
            self._watcher.note(f"{lost} workers ended; others begin")
            begin_lost_workers(self._client)
            # one that does not come up is looked for again
            self._short_since, self._noted = None, False
        else:
            self._watcher.note(
                "the scheduler has no worker for a trial any more; waiting for one to join"
            )
