"""A trial's recorder on a worker that does not see the store's folder: the driver writes for it.

Every call of a recorder goes to the driver through a dask queue and waits for its answer, so that
what was written is on the driver's disk when the call returns. One call is under way at a time:
rows keep their order, and no more than one checkpoint of a worker is in transit.
"""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, NamedTuple, final

from ..design.trial import Trial
from ..procedures.base import Row

PATIENCE = 1.0
"""Seconds between two checks that somebody still waits for the trial."""
TRIES = 5
"""How often a call is put into the queue before it fails."""


class Call(NamedTuple):
    """What a worker asks the driver to do; `number` counts the calls of one attempt at a trial."""

    attempt: str
    number: int
    trial: str
    name: str
    arguments: bytes
    """A pickled tuple."""


class Answer(NamedTuple):
    """What came of the call of that number: a pickled result, or the exception that was raised."""

    number: int
    good: bool
    value: bytes


@final
class EngineRecorder:
    """Hands rows, checkpoints and outcome of one trial to the driver, which stores them."""

    def __init__(
        self, trial: Trial, run: str, device: str = "cpu", watch: Callable[[], None] = lambda: None
    ) -> None:
        from distributed import Queue, get_client

        self.device = device
        self._trial, self._watch = trial, watch
        self._attempt, self._number = uuid.uuid4().hex, 0
        client = get_client()
        self._loop: Any = client.loop
        self._calls = Queue(calls_of(run), client=client)
        self._answers = Queue(answers_to(self._attempt), client=client)

    def begin(self, code: Mapping[str, str]) -> bool:
        return self._call("begin", dict(code))

    def row(self, row: Row) -> None:
        self._call("row", row)

    def save(self, checkpoint: bytes) -> None:
        self._call("save", checkpoint)

    def resume(self) -> bytes | None:
        return self._call("resume")

    def check(self) -> None:
        self._call("check")

    def finish(self, facts: Mapping[str, Any], trace: Mapping[str, Any]) -> None:
        self._call("finish", dict(facts), dict(trace))

    def fail(self, facts: Mapping[str, Any]) -> None:
        self._call("fail", dict(facts))

    def close(self) -> None:
        self._answers.close()

    def _call(self, name: str, *arguments: Any) -> Any:
        self._watch()
        self._number += 1
        data = pickle.dumps(arguments)
        self._put(Call(self._attempt, self._number, self._trial.id, name, data))
        answer = self._get()
        # the answer to a call that was put twice may come late
        while answer.number != self._number:
            answer = self._get()
        value = pickle.loads(answer.value)
        if not answer.good:
            raise value
        return value

    def _put(self, call: Call) -> None:
        for tries_left in reversed(range(TRIES)):
            try:
                self._calls.put(list(call))
                return
            except OSError:
                if not tries_left:
                    raise
                time.sleep(PATIENCE)

    def _get(self) -> Answer:
        waiting: Future[list[Any]] = asyncio.run_coroutine_threadsafe(
            self._answers.get(asynchronous=True), self._loop.asyncio_loop
        )
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    return Answer(*waiting.result(PATIENCE))
                self._watch()
        finally:
            waiting.cancel()


def calls_of(run: str) -> str:
    """The name of the queue in which a run's driver looks for calls."""
    return f"memnets-{run}"


def answers_to(attempt: str) -> str:
    """The name of the queue in which an attempt at a trial looks for answers."""
    return f"memnets-attempt-{attempt}"
