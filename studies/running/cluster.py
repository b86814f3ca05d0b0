"""A client of dask workers: local processes, or those of a scheduler, by its address or file."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..design.data import BadData
from .local_workers import forked, local_worker

JOIN = 30
"""Seconds within which a first worker must have joined a scheduler."""


class NoWorkers(BadData):
    """A scheduler has no worker yet: nothing was run, and a later try may do."""

    status = 75
    """The exit status of the command; EX_TEMPFAIL of sysexits.h, which nothing else has."""


class SchedulerLost(ConnectionError):
    """The scheduler went away while trials were made; what they had written is there."""

    def __init__(self) -> None:
        super().__init__(
            "the dask scheduler went away. Nothing written before is lost; the same command, with "
            "a scheduler that runs, goes on."
        )


@contextlib.contextmanager
def connected(workers: int, scheduler: str | None, live: bool = False) -> Iterator[Any]:
    """A client of so many local workers, or of those of a `scheduler`, its address or its file.

    Local workers print nothing about kernels that they compile where `live` lines show it.
    Raises BadData where no scheduler answers, and NoWorkers where it has none.
    """
    import dask
    from distributed import Client, LocalCluster
    from distributed.utils import silence_logging_cmgr

    environ = "distributed.nanny.pre-spawn-environ"
    options = {
        # procedures may start processes of their own
        "distributed.worker.daemon": False,
        # whether a trial whose worker died is made again is the agenda's to say
        "distributed.scheduler.allowed-failures": 0,
        "distributed.admin.tick.limit": "1h",
        # dask's own setting hands every freed tensor back to the system: half the time of a large
        # LSTM went into fetching the same pages again
        f"{environ}.MALLOC_TRIM_THRESHOLD_": 2**30,
        f"{environ}.MALLOC_MMAP_THRESHOLD_": 2**25,
    }
    with dask.config.set(options), contextlib.ExitStack() as stack:
        if scheduler is None:
            stack.enter_context(dask.config.set(forked()))
        # what goes wrong is said in one line, by what is raised
        stack.enter_context(silence_logging_cmgr(logging.CRITICAL))
        if scheduler is None:
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
            place = address_of(scheduler)
        try:
            client = Client(place, timeout="10s")
            stack.callback(_close, client)
        except (OSError, ValueError) as error:
            raise BadData(
                f"no dask scheduler answers at {place!r} ({type(error).__name__}): start one with "
                "`dask scheduler`, or leave the scheduler out for local workers."
            ) from error
        if scheduler is None:
            client.register_plugin(local_worker(live))
        else:
            _require_workers(client, place)
        yield client


def local_workers(client: Any) -> int:
    """How many workers this process has of its own; 0 where a scheduler has them."""
    return len(client.cluster.worker_spec) if client.cluster else 0


def begin_lost_workers(client: Any) -> None:
    """Begin each local worker anew that dask has given up, as it does where one restarts slowly."""
    client.cluster.scale(local_workers(client))


def address_of(scheduler: str) -> str:
    """The address of a scheduler that is given by it, or by a file that `dask scheduler` wrote.

    Raises BadData for a file that is not there, or none of a scheduler.
    """
    path = Path(scheduler)
    if "://" in scheduler or (":" in scheduler and not path.exists()):
        return scheduler
    wanted = f"`dask scheduler --scheduler-file {scheduler}` writes one"
    try:
        address = json.loads(path.read_text(encoding="utf-8"))["address"]
    except FileNotFoundError:
        raise BadData(
            f"scheduler is {scheduler!r}, which is no address, such as tcp://host:8786, and no "
            f"file that is there: {wanted}."
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadData(
            f"{scheduler} is no scheduler's file ({type(error).__name__}): {wanted}."
        ) from error
    return str(address)


def _close(client: Any) -> None:
    # a client that has lost its scheduler would look for it for a while
    with contextlib.suppress(TimeoutError):
        client.close(*([] if client.status == "running" else [1]))


def require_connected(client: Any) -> None:
    """Raise SchedulerLost where the client has lost its scheduler, and with it all that ran."""
    if client.status != "running":
        raise SchedulerLost


@contextlib.contextmanager
def told_where_lost(client: Any) -> Iterator[None]:
    """Whatever fails because the scheduler went away is SchedulerLost."""
    try:
        yield
    except Exception:
        require_connected(client)
        raise


def _require_workers(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=JOIN)
    except TimeoutError as error:
        raise NoWorkers(
            f"the dask scheduler at {address!r} has no worker: start one with `dask worker "
            f"{address}`."
        ) from error
