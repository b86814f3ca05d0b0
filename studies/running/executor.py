"""Run what the store lacks: in this process, on local workers, or on a dask cluster by address."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..design.data import BadData
from ..design.study import Study
from ..design.trial import Trial
from ..procedures.base import BadCheckpoint
from . import provenance as facts
from .engines import Engine, inline, workers_of
from .files import Unwritable, held
from .progress import Display
from .recorder import FolderRecorder
from .store import ResultStore

LARGEST_THREADS = 1_024


@dataclass(frozen=True)
class Summary:
    """How many trials were finished in this run, were finished before, and failed."""

    done: int
    skipped: int
    failed: int
    interrupted: bool = False

    def __str__(self) -> str:
        text = f"{self.done} trials done, {self.skipped} were done before, {self.failed} failed"
        if self.interrupted:
            text += "; interrupted: the same command resumes"
        return text


def run(
    study: Study,
    store: ResultStore,
    *,
    workers: int = 2,
    address: str | None = None,
    device: str = "cpu",
    threads: int = 1,
    quiet: bool | None = None,
) -> Summary:
    """Run the study's missing trials and say how it went.

    `workers` local processes, or none for this process; or the workers of the dask scheduler at
    `address`, which must see the store's folder. A trial that fails, or kills its worker twice, is
    a row of `store.failures()` and is tried again by the next run. Ctrl-C returns a summary that
    says `interrupted`. Progress goes to a terminal unless `quiet`. Raises BadData for a task that
    cannot be built or a folder that another process is running, and Unwritable, an OSError, where
    results cannot be written.
    """
    _require_engine(workers, threads, device)
    trials = list(study.trials())
    for trial in trials:
        trial.procedure.takes(trial.task.build())
    done = failed = 0
    interrupted = False
    engine: Engine = workers_of(workers, address) if workers or address else inline
    with held(store.folder), Display(store, study, quiet=quiet) as display:
        store.declare(study)
        todo = [trial for trial in trials if not store.is_done(trial)]
        skipped = len(trials) - len(todo)
        display.count(done=0, failed=0, skipped=skipped)
        try:
            arguments = (store.folder.absolute(), device, threads)
            with contextlib.closing(engine(run_trial, todo, arguments, display)) as finished:
                for trial, error in finished:
                    if error is not None and not store.is_done(trial):
                        _give_up(store, trial, error, device, threads)
                    good = store.is_done(trial)
                    done, failed = done + good, failed + (not good)
                    display.count(done=done, failed=failed, skipped=skipped)
        except KeyboardInterrupt:
            interrupted = True
        summary = Summary(done, skipped, failed, interrupted)
        display.close(str(summary))
    return summary


def run_trial(
    trial: Trial, folder: Path, device: str = "cpu", threads: int = 1, display: Any = None
) -> None:
    """Run one trial into its folder; only an Unwritable or an interrupt leaves this function."""
    store = ResultStore(folder)
    if store.is_done(trial):
        return
    store.begin(trial)
    started = facts.now()
    try:
        recorder = FolderRecorder(store, trial, device, display.refresh if display else _nothing)
        with torch_threads(threads):
            outcome = trial.procedure.run(trial, recorder)
        recorder.check()
    except Unwritable:
        raise
    except Exception as error:
        known = {"started": started, "finished": facts.now()}
        failure = _failure(error, store.path(trial) / "checkpoint.pt")
        store.fail(trial, failure | known | facts.environment(device, threads))
        return
    known = {"started": started, "finished": facts.now(), **outcome.facts}
    store.finish(trial, known | facts.environment(device, threads), outcome.trace)


def _nothing() -> None:
    """For a trial that nobody watches."""


def _failure(error: Exception, checkpoint: Path) -> dict[str, str]:
    text = str(error).strip().partition("\n")[0]
    if isinstance(error, BadCheckpoint):
        text = f"{checkpoint}: {text}; delete it to make the trial from the start."
    lines = traceback.format_exception(error)
    return {"error": f"{type(error).__name__}: {text}", "traceback": "".join(lines)}


def _give_up(store: ResultStore, trial: Trial, error: Exception, device: str, threads: int) -> None:
    if isinstance(error, Unwritable):
        raise error
    failure = _failure(error, store.path(trial) / "checkpoint.pt")
    store.fail(trial, failure | facts.environment(device, threads))


def _require_engine(workers: int, threads: int, device: str) -> None:
    if workers < 0:
        raise BadData(f"workers is {workers}; it must be zero or more.")
    if not 1 <= threads <= LARGEST_THREADS:
        raise BadData(f"threads is {threads}; it must be 1 to {LARGEST_THREADS:,}.")
    import torch

    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise BadData(f"device {device!r} is not to be had here ({reason}); try cpu.") from error


@contextlib.contextmanager
def torch_threads(threads: int) -> Iterator[None]:
    """Torch at so many threads for a while."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
