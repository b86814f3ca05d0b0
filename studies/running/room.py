"""Which trials there is room for on the workers of a scheduler, and a note where they are gone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, final

from ..design.trial import Trial
from .cluster import begin_lost_workers, local_workers
from .engines import Watcher
from .resources import Amounts, Resources, have_room, places, taken, workers_now

LONG = 20.0
"""Seconds without a worker after which that is said, and another of this machine begun."""


@final
class Room:
    """Room for trials, which take `wants` in all; a note says where workers are gone for long."""

    def __init__(
        self, client: Any, resources: Resources, wants: Sequence[Amounts], watcher: Watcher
    ) -> None:
        self._client, self._watcher = client, watcher
        self._resources, self._wants = resources, wants
        self._wanted = local_workers(client) or 1
        self._short_since: float | None = None
        self._noted = False

    def beside(self, running: Iterable[Trial]) -> Callable[[Trial], bool]:
        """Whether there is room for a trial on the workers of now, beside those that run."""
        workers = workers_now(self._client)
        self._look(min(places(workers, wanted) for wanted in self._wants))
        there = [taken(self._resources, trial) for trial in running]
        room = [(wanted, have_room(workers, [*there, wanted])) for wanted in self._wants]

        def fits(trial: Trial) -> bool:
            wanted = taken(self._resources, trial)
            return any(found for takes, found in room if takes == wanted)

        return fits

    def _look(self, found: int) -> None:
        if found >= self._wanted:
            self._short_since, self._noted = None, False
            return
        self._short_since = self._short_since or time.monotonic()
        if not self._noted and time.monotonic() - self._short_since > LONG:
            self._noted = True
            self._await_workers(found)

    def _await_workers(self, found: int) -> None:
        if local_workers(self._client):
            lost = f"{self._wanted - found} of {self._wanted}"
            self._watcher.note(f"{lost} workers ended; others begin")
            begin_lost_workers(self._client)
            # one that does not come up is looked for again
            self._short_since, self._noted = None, False
        else:
            self._watcher.note(
                "the scheduler has no worker for a trial any more; waiting for one to join"
            )
