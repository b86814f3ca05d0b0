"""The driver's side of `EngineRecorder`: makes the calls of workers that do not see the folder."""

from __future__ import annotations

import contextlib
import pickle
import threading
from collections.abc import Sequence
from typing import Any, final

from ..design.trial import Trial
from .attempt import Abandoned
from .engine_recorder import Answer, Call, answers_to, calls_of
from .files import Unwritable
from .recorder import FolderRecorder
from .store import ResultStore

_STOP = b""


@final
class Driver:
    """Answers calls in a thread of its own while it is entered.

    Each attempt at a trial has a `FolderRecorder`, the very one that a worker which sees the folder
    would use: what is stored does not depend on the way. Of two attempts at one trial only the
    later is heard; a call that comes twice, by its number, is made once.
    """

    def __init__(self, client: Any, run: str, store: ResultStore, trials: Sequence[Trial]) -> None:
        from distributed import Queue

        self._client, self._store = client, store
        self._trials = {trial.id: trial for trial in trials}
        self._recorders: dict[str, FolderRecorder] = {}
        self._latest: dict[str, str] = {}
        self._number: dict[str, int] = {}
        self._answers: dict[str, Any] = {}
        self._unwritable: Unwritable | None = None
        self._calls = Queue(calls_of(run), client=client)
        self._thread = threading.Thread(target=self._serve, name="memnets driver", daemon=True)

    def __enter__(self) -> Driver:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # a scheduler that went away took the queues with it, and the thread ends with the client
        with contextlib.suppress(OSError):
            if self._client.status == "running":
                self._calls.put(_STOP)
                self._thread.join()
        for trial in self._trials.values():
            self.release(trial)
        for queue in (self._calls, *self._answers.values()):
            queue.close()

    def check(self) -> None:
        """Raise the Unwritable of an earlier call, which must stop the run."""
        if self._unwritable is not None:
            raise self._unwritable

    def release(self, trial: Trial) -> None:
        """No attempt at the trial goes on: its calls are refused, and others may make it."""
        self._latest.pop(trial.id, None)
        recorder = self._recorders.pop(trial.id, None)
        if recorder is not None:
            recorder.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while (data := self._calls.get()) != _STOP:
                self.make(Call(*data))

    def make(self, call: Call) -> None:
        """Make a call that has not been made yet, and send what came of it."""
        if call.number <= self._number.get(call.attempt, 0):
            return
        self._number[call.attempt] = call.number
        good, value = True, None
        try:
            value = self._result(call)
        except (Exception, Abandoned) as error:
            good, value = False, error
            if isinstance(error, Unwritable):
                self._unwritable = error
        answer = Answer(call.number, good, _portable(value))
        self._queue(call.attempt).put(list(answer))

    def _result(self, call: Call) -> Any:
        if call.name == "begin":
            trial = self._trials[call.trial]
            self.release(trial)
            self._latest[call.trial] = call.attempt
            self._recorders[call.trial] = FolderRecorder(self._store, trial)
        if self._latest.get(call.trial) != call.attempt:
            raise Abandoned(f"trial {call.trial} was begun again by another worker")
        method = getattr(self._recorders[call.trial], call.name)
        return method(*pickle.loads(call.arguments))

    def _queue(self, attempt: str) -> Any:
        from distributed import Queue

        if attempt not in self._answers:
            self._answers[attempt] = Queue(answers_to(attempt), client=self._client)
        return self._answers[attempt]


def _portable(value: Any) -> bytes:
    """The value pickled; an exception that no pickle can hold as a RuntimeError that names it."""
    try:
        data = pickle.dumps(value)
        pickle.loads(data)
    except Exception:
        return pickle.dumps(RuntimeError(f"{type(value).__name__}: {value}"))
    return data
