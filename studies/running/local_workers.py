"""Workers of this machine: forked from a process that has loaded torch, with the run's settings."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from memnets.backends.compiling import leave_to_display

PRELOADED = ("distributed", "torch", "torch._dynamo")
"""What they share; torch's optimisers import the last when one is built."""
HASH_SEED = "6640"
"""As dask has it for its workers."""


def forked() -> dict[str, str]:
    """Dask's setting for workers that are forked from a process which has loaded torch, once.

    That process begins with the first worker, and ends with this one. Nothing is set where dask is
    configured, by file or environment, to begin workers in a way of its own, or where a process
    that has loaded torch cannot be forked safely. Where others began such a process before, workers
    are forked from theirs.
    """
    import dask
    from distributed.utils import get_mp_context

    method = "distributed.worker.multiprocessing-method"
    asked = dask.config.get(method, default=None, config=dask.config.collect())
    if sys.platform != "linux" or asked or dask.config.get(method) != "spawn":
        return {}
    from multiprocessing import forkserver

    with dask.config.set({method: "forkserver"}):
        get_mp_context().set_forkserver_preload(list(PRELOADED))
    # what dask sets for a worker before that begins, and what keeps the modules of the working
    # directory apart
    own = dask.config.get("distributed.nanny.pre-spawn-environ")
    known = {k: os.environ.get(k, str(value)) for k, value in own.items() if value is not None}
    with _environment({"PYTHONHASHSEED": HASH_SEED, **known, "PYTHONSAFEPATH": "1"}):
        forkserver.ensure_running()
    return {method: "forkserver"}


@contextlib.contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        for name in values:
            os.environ.pop(name, None)
        os.environ.update(before)


def local_worker(live: bool) -> Any:
    """A plug-in of dask that makes each local worker one of this process."""
    from distributed import WorkerPlugin

    environment, limits = dict(os.environ), _limits()

    class LocalWorker(WorkerPlugin):
        """Makes a worker one of the process that started it, whatever it was forked from.

        It has the environment and the limits of that process, draws other numbers than its sisters,
        and leaves interrupts, and what live lines show, to it.
        """

        name = "local worker"

        def setup(self, worker: Any) -> None:
            import signal

            import numpy as np

            if limits:
                import resource
            for variable in os.environ.keys() - environment.keys():
                del os.environ[variable]
            os.environ.update(environment)
            for limit, both in limits.items():
                # a hard limit that was lowered stays so
                with contextlib.suppress(ValueError, OSError):
                    resource.setrlimit(limit, both)
            np.random.seed()
            # Ctrl-C reaches the whole process group; only the driver answers it
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            if live:
                leave_to_display()

    return LocalWorker()


def _limits() -> dict[int, tuple[int, int]]:
    """What the system lets this process have at most, where there are such limits."""
    if sys.platform == "win32":
        return {}
    import resource

    every = {getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")}
    return {limit: resource.getrlimit(limit) for limit in every}
