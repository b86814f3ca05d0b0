"""Where trials run: one after another in this process, or on dask workers.

An engine takes a function, the trials, the function's other arguments and a display, and yields
each trial with the exception that its worker ended with, or None, in the order they end.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias

from ..design.data import BadData
from ..design.trial import Trial

Ended: TypeAlias = Iterator[tuple[Trial, Exception | None]]
TICK = 0.5


class Watcher(Protocol):
    """What an engine tells about its trials."""

    def running(self, trials: Sequence[Trial]) -> None:
        """These are under way now."""

    def refresh(self) -> None:
        """Time has passed."""


Engine: TypeAlias = Callable[..., Any]


def inline(
    work: Callable[..., None], trials: Sequence[Trial], arguments: tuple[Any, ...], watcher: Watcher
) -> Ended:
    """One after another, here."""
    for trial in trials:
        watcher.running([trial])
        work(trial, *arguments, watcher)
        yield trial, None


def workers_of(workers: int, address: str | None) -> Engine:
    """The engine of that many local worker processes, or of the cluster at `address`."""

    def engine(
        work: Callable[..., None],
        trials: Sequence[Trial],
        arguments: tuple[Any, ...],
        watcher: Watcher,
    ) -> Ended:
        if not trials:
            return
        with _client(min(workers, len(trials)), address) as client:
            yield from _spread(client, work, list(trials), arguments, watcher)

    return engine


def _spread(
    client: Any,
    work: Callable[..., None],
    waiting: list[Trial],
    arguments: tuple[Any, ...],
    watcher: Watcher,
) -> Ended:
    from distributed import wait

    # only as many are handed out as can run, so that what is handed out is what is running
    running: dict[Any, Trial] = {}
    while waiting or running:
        places = max(1, sum(client.nthreads().values()))
        while waiting and len(running) < places:
            trial = waiting.pop(0)
            running[client.submit(work, trial, *arguments, pure=False, retries=0)] = trial
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


@contextlib.contextmanager
def _client(workers: int, address: str | None) -> Iterator[Any]:
    import dask
    from distributed import Client, LocalCluster

    environ = "distributed.nanny.pre-spawn-environ"
    options = {
        # procedures may start processes of their own
        "distributed.worker.daemon": False,
        # a trial whose worker dies is tried once more, then given up
        "distributed.scheduler.allowed-failures": 1,
        "distributed.admin.tick.limit": "1h",
        # dask's own setting hands every freed tensor back to the system: half the time of a large
        # LSTM went into fetching the same pages again
        f"{environ}.MALLOC_TRIM_THRESHOLD_": 2**30,
        f"{environ}.MALLOC_MMAP_THRESHOLD_": 2**25,
    }
    with dask.config.set(options), contextlib.ExitStack() as stack:
        if address is None:
            place: Any = stack.enter_context(
                LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    memory_limit=0,
                    dashboard_address=":0",
                    silence_logs=logging.CRITICAL,
                )
            )
        else:
            place = address
        try:
            client = stack.enter_context(Client(place, timeout="10s"))
        except (OSError, ValueError) as error:
            raise BadData(
                f"no dask scheduler answers at {address!r} ({type(error).__name__}): start one "
                "with `dask scheduler`, or leave the address out for local workers."
            ) from error
        if address is None:
            client.register_plugin(_deaf_to_interrupts())
        yield client


def _deaf_to_interrupts() -> Any:
    from distributed import WorkerPlugin

    class Deaf(WorkerPlugin):
        name = "deaf to interrupts"

        def setup(self, worker: Any) -> None:
            import signal

            # Ctrl-C reaches the whole process group; only the driver answers it
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    return Deaf()
