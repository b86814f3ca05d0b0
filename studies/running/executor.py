"""Run what the store lacks: in this process, on local workers, or on a dask cluster."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from ..design.data import BadData
from ..design.study import Study
from ..design.trial import Trial
from .agenda import Agenda
from .attempt import failure
from .attempts_file import FAILED
from .callbacks import Callback, require_callbacks
from .choices import chosen_lines, is_settled, with_choices
from .claims import Claimed
from .code_versions import differences
from .engine_options import require_engine
from .engines import Endings, Engine, inline
from .events import Events
from .files import Unwritable, read_json
from .folder_lock import held, joined
from .parents import take_over
from .progress import Display
from .removal import remove
from .resources import Resources, require_models
from .store import ResultStore
from .summary import Summary
from .workers import workers_of


def run(
    study: Study,
    store: ResultStore,
    *,
    workers: int = 2,
    scheduler: str | None = None,
    device: str = "cpu",
    threads: int = 1,
    resources: Resources | None = None,
    retries: int = 1,
    quiet: bool = False,
    callbacks: Sequence[Callback] = (),
) -> Summary:
    """Run the study's missing trials and say how it went.

    `workers` local processes, or none for this process; or the workers of a dask `scheduler`, by
    its address or its file, whose results come through the engine where they do not see the store's
    folder. A trial takes a worker's thread, and of its `resources` what is named here: of all
    models, {"GPU": 0.5}, or of some, {"dnc*": {"GPU": 1}}. On "cuda" local workers take turns with
    the GPUs that there are. Runs of one study at one time share its trials. A trial whose worker
    dies goes on from its last checkpoint with another, up to `retries` times. One that fails, or
    whose workers die more often, is a row of `store.failures()` and is tried again by the next run;
    a try of a search that failed is a result, once all have ended. A study with a search makes that
    first and then what it chose. Ctrl-C returns a summary that says `interrupted`. Progress goes to
    stderr unless `quiet`: live lines on a terminal, else a line after a trial, once a minute at
    most. Events go to the callbacks; with a search, those of two runs.

    Raises BadData, before any trial begins, for a task that cannot be built, a folder that is in
    use for something else, a script that workers would run again, or workers that cannot make the
    trials. Raises Unwritable, an OSError, where results cannot be written, and SchedulerLost, a
    ConnectionError, where the scheduler goes away; in both cases the next run goes on.
    """
    require_engine(workers, scheduler, threads, device, retries, resources)
    require_callbacks(callbacks)
    require_models(resources or {}, study.models)
    on_workers = workers or scheduler
    engine: Engine = workers_of(workers, scheduler, resources or {}) if on_workers else inline
    made = partial(
        _stage,
        store=store,
        engine=engine,
        device=device,
        threads=threads,
        retries=retries,
        quiet=quiet,
        callbacks=callbacks,
    )
    first = made(begun := with_choices(study, store))
    if study.tuning is None or begun.choices is not None or first.interrupted:
        return first
    decided = with_choices(study, store)
    if decided.choices is None:
        return first
    return first.then(made(decided))


def _stage(
    study: Study,
    *,
    store: ResultStore,
    engine: Engine,
    device: str,
    threads: int,
    retries: int,
    quiet: bool,
    callbacks: Sequence[Callback],
) -> Summary:
    """Run the trials that are known now: those of a search, or all."""
    trials = list(study.trials())
    _require_able(trials, device)
    with joined(store, study), Display(store, study, quiet=quiet) as display:
        for line in (*differences(store.made_with()), *chosen_lines(study)):
            display.note(line)
        todo = [trial for trial in trials if not is_settled(study, store, trial)]
        skipped = len(trials) - len(todo)
        for line in take_over(store, todo).lines(len(todo)):
            display.note(line)
        agenda = Agenda(todo, store, retries)
        events = Events(store, todo, display, callbacks)
        running = engine(agenda, store, device, threads, events)
        return _made(running, agenda, store, display, events, skipped)


def retry(
    store: ResultStore,
    trials: Sequence[Trial],
    *,
    anew: bool = False,
    device: str = "cpu",
    threads: int = 1,
    quiet: bool = False,
) -> Summary:
    """Make these stored trials in this process, from where they stopped or `anew`.

    What the store's study is stays as it is. Raises BadData, before anything is changed, for a
    trial that is finished unless `anew`, for one of an earlier version, which has another id today,
    and where `run` does.
    """
    require_engine(0, None, threads, device)
    for trial in trials:
        if replace(trial).id != trial.id:
            raise BadData(f"{trial.id} was stored by an earlier version: run the study again.")
    _require_able(trials, device)
    chosen = _Chosen(store.study["name"], tuple(trials))
    with held(store.folder), Display(store, chosen, quiet=quiet) as display:
        for trial in trials:
            if not anew and store.is_done(trial):
                raise BadData(f"{trial.id} is finished; --anew makes it from the start.")
        for trial in trials if anew else ():
            remove(store.path(trial))
        agenda = Agenda(trials, store)
        events = Events(store, trials, display, ())
        running = inline(agenda, store, device, threads, events)
        return _made(running, agenda, store, display, events)


def _require_able(trials: Sequence[Trial], device: str) -> None:
    """Raise BadData for a trial whose procedure cannot take its task, model, or the device."""
    for trial in trials:
        trial.procedure.takes(trial.procedure.task(trial.task))
        trial.procedure.require_model(trial.model)
        trial.procedure.require_device(device)


@dataclass(frozen=True)
class _Chosen:
    """Some trials of a study, as a display asks for them."""

    name: str
    chosen: tuple[Trial, ...]

    def trials(self) -> Iterator[Trial]:
        return iter(self.chosen)


def _made(
    running: Endings,
    agenda: Agenda,
    store: ResultStore,
    display: Display,
    events: Events,
    skipped: int = 0,
) -> Summary:
    """How the trials of an agenda ended, one after the other; display and callbacks are told."""
    done = failed = elsewhere = 0
    interrupted = False
    display.follow(agenda)
    display.count(done=0, failed=0, skipped=skipped)
    try:
        with contextlib.closing(running) as finished:
            for trial, error, here in finished:
                if error is not None and not _give_up(store, trial, error):
                    agenda.postpone(trial)
                    continue
                good = store.is_done(trial)
                done, elsewhere = done + (good and here), elsewhere + (good and not here)
                failed += not good
                if not good:
                    display.note(_reason(store, trial))
                events.ended(trial)
                display.count(done=done, failed=failed, skipped=skipped + elsewhere)
    except KeyboardInterrupt:
        interrupted = True
    summary = Summary(done, skipped, failed, interrupted, elsewhere)
    display.close(str(summary))
    events.study_ended(summary)
    return summary


def _give_up(store: ResultStore, trial: Trial, error: Exception) -> bool:
    """Store that the trial failed, unless it is done; False where another process makes it now."""
    if isinstance(error, Unwritable):
        raise error
    try:
        claim = store.claim(trial)
    except Claimed:
        return False
    try:
        if not store.is_done(trial):
            # nothing is known about the worker, which may have been another machine
            store.fail(trial, failure(error, store.path(trial)))
    finally:
        claim.release()
    return True


def _reason(store: ResultStore, trial: Trial) -> str:
    facts = read_json(store.path(trial) / FAILED, "Run the study again.")
    return f"failed: {trial}: {facts['error']}"
