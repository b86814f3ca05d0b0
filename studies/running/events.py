"""Tells callbacks what happens, from what trials store: so it is the same on every engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, final

from ..design.trial import Trial
from ..procedures.base import Row
from .attempts_file import FAILED
from .callbacks import Callback
from .engines import Watcher
from .files import read_object
from .rows_file import DONE
from .store import ResultStore
from .tail import Tail

if TYPE_CHECKING:
    from .summary import Summary


@final
class Events:
    """Stands between an engine and what watches it, and reads what its trials have written."""

    def __init__(
        self,
        store: ResultStore,
        trials: Sequence[Trial],
        watcher: Watcher,
        callbacks: Sequence[Callback],
    ) -> None:
        self._store, self._watcher, self._callbacks = store, watcher, list(callbacks)
        followed = trials if callbacks else ()
        self._trials = {trial.id: _Followed(store, trial) for trial in followed}
        self._running: list[str] = []
        if callbacks:
            self._tell("study_started", store.study["name"], list(trials))

    @property
    def live(self) -> bool:
        """Whether somebody watches live lines."""
        return self._watcher.live

    def running(self, trials: Sequence[Trial]) -> None:
        """These are under way now."""
        if self._callbacks:
            for trial in trials:
                followed = self._trials[trial.id]
                if not followed.started:
                    followed.started = True
                    self._tell("trial_started", trial)
            self._running = [trial.id for trial in trials]
        self._watcher.running(trials)
        self._look()

    def refresh(self) -> None:
        """Time has passed."""
        self._watcher.refresh()
        self._look()

    def note(self, text: str) -> None:
        """This is worth a line that stays."""
        self._watcher.note(text)

    def ended(self, trial: Trial) -> None:
        """A trial has ended, well or badly."""
        followed = self._trials.get(trial.id)
        if followed is None or not followed.started:
            return
        self._read(followed)
        self._evaluated(followed)
        good = self._store.is_done(trial)
        path = self._store.path(trial) / (DONE if good else FAILED)
        facts = read_object(path, "Run the study again.")
        self._tell("trial_ended", trial, facts, failed=not good)
        # a trial that failed may be made again
        followed.started = False

    def study_ended(self, summary: Summary) -> None:
        """The run has ended."""
        for followed in self._trials.values():
            self._read(followed)
        self._tell("study_ended", summary)

    def _look(self) -> None:
        for name in self._running if self._callbacks else ():
            self._read(self._trials[name])

    def _read(self, followed: _Followed) -> None:
        if not (self._callbacks and followed.started):
            return
        saved = followed.has_new_checkpoint()
        for row in followed.tail.new_rows():
            if followed.rows and followed.rows[0].get("step") != row.get("step"):
                self._evaluated(followed)
            followed.rows.append(row)
            self._tell("row", followed.trial, row)
        if saved:
            # it is stored after the last row of an evaluation, and says how many rows there were
            if followed.has_all_rows():
                self._evaluated(followed)
            path = self._store.path(followed.trial) / "checkpoint.pt"
            self._tell("checkpoint", followed.trial, path)

    def _evaluated(self, followed: _Followed) -> None:
        rows, followed.rows = followed.rows, []
        if rows:
            self._tell("evaluation", followed.trial, rows)

    def _tell(self, event: str, *what: Any, **more: Any) -> None:
        for callback in list(self._callbacks):
            try:
                getattr(callback, event)(*what, **more)
            # it may come from anywhere, and no log is worth a trial
            except Exception as error:
                self._callbacks.remove(callback)
                text = " ".join(str(error).split())
                self.note(
                    f"{type(callback).__name__}.{event} failed and is told nothing more: "
                    f"{type(error).__name__}: {text}"
                )


class _Followed:
    """A trial whose files are read as they grow, from where they end now."""

    def __init__(self, store: ResultStore, trial: Trial) -> None:
        self.trial, self.started = trial, False
        self.rows: list[Row] = []
        self.tail = Tail(store.path(trial))
        self.tail.new_rows()
        self._checkpoint = store.path(trial) / "checkpoint.pt"
        self._saved = self._stamp()

    def has_new_checkpoint(self) -> bool:
        """Whether one was written since the last call."""
        before, self._saved = self._saved, self._stamp()
        return self._saved not in (before, None)

    def has_all_rows(self) -> bool:
        """Whether the rows that were read are those before the last checkpoint, and no more."""
        path = self._checkpoint.with_suffix(".json")
        counted: int = read_object(path, "Delete it.")["rows"]
        return counted == self.tail.count

    def _stamp(self) -> tuple[int, int] | None:
        try:
            stat = self._checkpoint.stat()
        except FileNotFoundError:
            return None
        return stat.st_mtime_ns, stat.st_ino
