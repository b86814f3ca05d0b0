"""The engine that makes trials on dask workers, of this machine or of a cluster."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..design.trial import Trial
from .agenda import Agenda, Ended
from .attempt import Abandoned, attempt
from .claims import Claimed
from .cluster import connected, require_connected, told_where_lost
from .driver import Driver
from .engines import TICK, Endings, Engine, Watcher
from .resources import Resources, device_here, require_resources
from .results_folder import ResultsFolder, marked
from .room import Room
from .store import ResultStore
from .worker_checks import require_able


def workers_of(workers: int, scheduler: str | None, resources: Resources) -> Engine:
    """The engine of that many local worker processes, or of a scheduler's workers.

    A trial takes of its worker what `resources` says of all, or of its model.
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
            require_resources(client, resources, {t.model_label: None for t in agenda.trials})
            folder = stack.enter_context(marked(store.folder))
            driver = stack.enter_context(Driver(client, folder.token, store, agenda.trials))
            running: dict[Any, tuple[Trial, str]] = {}
            room = Room(client, resources, agenda, watcher)
            while agenda or running:
                # only as many are handed out as can run: what is handed out is what is running
                while True:
                    yield from agenda.ended_elsewhere()
                    room.look(running.values())
                    trial = agenda.next(room.fits)
                    worker = room.worker_for(trial) if trial else None
                    if trial is None or worker is None:
                        break
                    if agenda.has_ended(trial):
                        yield Ended(trial, here=False)
                        continue
                    future = client.submit(
                        *(on_worker, trial, folder, device, threads),
                        pure=False,
                        retries=0,
                        resources=room.takes(trial.model_label) or None,
                        workers=[worker],
                        # it may be gone by now
                        allow_other_workers=True,
                    )
                    running[future] = trial, worker
                watcher.running([trial for trial, _ in running.values()])
                for future in _done(running):
                    trial, _ = running.pop(future)
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
