"""Where trials run: one after another in this process, or on dask workers.

An engine takes the trials, the store, the device, the number of threads and a display, and yields
each trial with the exception that its worker ended with, or None, in the order they end.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Sequence
from typing import Any, Protocol, TypeAlias

from ..design.trial import Trial
from .attempt import Abandoned, attempt
from .cluster import connected
from .driver import Driver
from .recorder import FolderRecorder
from .results_folder import ResultsFolder, marked
from .store import ResultStore
from .worker_checks import require_able

Ended: TypeAlias = Generator[tuple[Trial, Exception | None]]
"""Trials that ended, each with what its worker raised."""
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


Engine: TypeAlias = Callable[[Sequence[Trial], ResultStore, str, int, Watcher], Ended]


def inline(
    trials: Sequence[Trial], store: ResultStore, device: str, threads: int, watcher: Watcher
) -> Ended:
    """One after another, here."""
    for trial in trials:
        watcher.running([trial])
        recorder = FolderRecorder(store, trial, device, watcher.refresh)
        attempt(trial, recorder, store.path(trial), threads)
        yield trial, None


def workers_of(workers: int, address: str | None) -> Engine:
    """The engine of that many local worker processes, or of the cluster at `address`."""

    def engine(
        trials: Sequence[Trial], store: ResultStore, device: str, threads: int, watcher: Watcher
    ) -> Ended:
        if not trials:
            return
        with contextlib.ExitStack() as stack:
            client = stack.enter_context(
                connected(min(workers, len(trials)), address, watcher.live)
            )
            require_able(client, trials, device)
            folder = stack.enter_context(marked(store.folder))
            driver = stack.enter_context(Driver(client, folder.token, store, trials))
            for ended in _spread(client, list(trials), (folder, device, threads), watcher):
                driver.check()
                yield ended

    return engine


def on_worker(trial: Trial, folder: ResultsFolder, device: str, threads: int) -> None:
    """Make one trial on a dask worker, for as long as the run that asked for it goes on."""
    watch = _watch_of_this_task()
    attempt(trial, folder.recorder(trial, device, watch), folder.path / trial.id, threads)


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


def _spread(
    client: Any, waiting: list[Trial], arguments: tuple[Any, ...], watcher: Watcher
) -> Ended:
    from distributed import wait

    # only as many are handed out as can run, so that what is handed out is what is running
    running: dict[Any, Trial] = {}
    while waiting or running:
        places = max(1, sum(client.nthreads().values()))
        while waiting and len(running) < places:
            trial = waiting.pop(0)
            running[client.submit(on_worker, trial, *arguments, pure=False, retries=0)] = trial
        watcher.running(list(running.values()))
        with contextlib.suppress(TimeoutError):
            wait(list(running), timeout=TICK, return_when="FIRST_COMPLETED")
        watcher.refresh()
        for future in [future for future in running if future.done()]:
            yield running.pop(future), _error(future)


def _error(future: Any) -> Exception | None:
    if future.status == "cancelled":
        return RuntimeError("the trial was cancelled: its worker or the scheduler went away")
    error = future.exception()
    if error is None or isinstance(error, Exception):
        return error
    return RuntimeError(f"the worker ended with {type(error).__name__}")
