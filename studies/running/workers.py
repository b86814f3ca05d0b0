"""The engine that makes trials on dask workers, of this machine or of a cluster."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, final

from ..design.trial import Trial
from .agenda import Agenda, Ended
from .attempt import Abandoned, attempt
from .claims import Claimed
from .cluster import (
    begin_lost_workers,
    connected,
    local_workers,
    require_connected,
    told_where_lost,
)
from .driver import Driver
from .engines import TICK, Endings, Engine, Watcher
from .resources import device_here, places, require_resources
from .results_folder import ResultsFolder, marked
from .store import ResultStore
from .worker_checks import require_able

LONG = 20.0
"""Seconds without a worker after which that is said, and another of this machine begun."""


def workers_of(workers: int, scheduler: str | None, resources: Mapping[str, float]) -> Engine:
    """The engine of that many local worker processes, or of a scheduler's workers.

    A trial takes these resources of its worker.
    """

    def engine(
        agenda: Agenda, store: ResultStore, device: str, threads: int, watcher: Watcher
    ) -> Endings:
        if not agenda:
            return
        with contextlib.ExitStack() as stack:
            client = stack.enter_context(
                connected(min(workers, len(agenda)), scheduler, watcher.live)
            )
            stack.enter_context(told_where_lost(client))
            require_able(client, agenda.trials, device)
            require_resources(client, resources)
            folder = stack.enter_context(marked(store.folder))
            driver = stack.enter_context(Driver(client, folder.token, store, agenda.trials))
            running: dict[Any, Trial] = {}
            places = _Places(client, resources, watcher)
            while agenda or running:
                # only as many are handed out as can run: what is handed out is what is running
                while len(running) < places.count():
                    yield from agenda.ended_elsewhere()
                    trial = agenda.next()
                    if trial is None:
                        break
                    arguments = (trial, folder, device, threads)
                    future = client.submit(
                        on_worker, *arguments, pure=False, retries=0, resources=resources or None
                    )
                    running[future] = trial
                watcher.running(list(running.values()))
                for future in _done(running):
                    trial = running.pop(future)
                    driver.release(trial)
                    driver.check()
                    yield from _ended(trial, future, agenda, watcher)
                watcher.refresh()

    return engine


def on_worker(trial: Trial, folder: ResultsFolder, device: str, threads: int) -> bool:
    """Make one trial on a dask worker, for as long as the run that asked for it goes on."""
    watch = _watch_of_this_task()
    device = device_here(device)
    return attempt(trial, folder.recorder(trial, device, watch), folder.path / trial.id, threads)


def _watch_of_this_task() -> Callable[[], None]:
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def watch() -> None:
        # what a task has begun goes on when its client has gone: dask cannot stop a thread
        task = worker.state.tasks.get(key)
        if task is None or task.state == "cancelled":
            raise Abandoned("the run that asked for this trial has ended")

    return watch


@final
class _Places:
    """How many trials can run at one time; a note says where workers are gone for long."""

    def __init__(self, client: Any, resources: Mapping[str, float], watcher: Watcher) -> None:
        self._client, self._resources, self._watcher = client, resources, watcher
        self._wanted = local_workers(client) or 1
        self._short_since: float | None = None
        self._noted = False

    def count(self) -> int:
        """One for each thread of a worker that has the resources for it."""
        found = places(self._client, self._resources)
        if found >= self._wanted:
            self._short_since, self._noted = None, False
            return found
        self._short_since = self._short_since or time.monotonic()
        if not self._noted and time.monotonic() - self._short_since > LONG:
            self._noted = True
            self._await_workers(found)
        return found

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


def _done(running: Iterable[Any]) -> list[Any]:
    """The futures that have ended, a moment from now or earlier."""
    from distributed import wait

    futures = list(running)
    if not futures:
        time.sleep(TICK)
        return []
    require_connected(futures[0].client)
    with contextlib.suppress(TimeoutError):
        wait(futures, timeout=TICK, return_when="FIRST_COMPLETED")
    return [future for future in futures if future.done()]


def _ended(trial: Trial, future: Any, agenda: Agenda, watcher: Watcher) -> Iterator[Ended]:
    """How a trial ended, unless it is to be made again or another process makes it."""
    from distributed import KilledWorker

    require_connected(future.client)
    error = future.exception()
    if isinstance(error, Claimed):
        agenda.postpone(trial)
    elif isinstance(error, KilledWorker) and agenda.again(trial):
        watcher.note(f"the worker of {trial} died; the trial goes on with another")
    elif error is None or isinstance(error, Exception):
        yield Ended(trial, error, here=error is not None or future.result())
    else:
        yield Ended(trial, RuntimeError(f"the worker ended with {type(error).__name__}"))
