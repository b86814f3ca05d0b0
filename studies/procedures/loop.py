"""The loop of a procedure that updates, and tests from time to time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from .base import BadCheckpoint, Recorder, Row


class Resumable(Protocol):
    """All that changes from update to update."""

    @property
    def over(self) -> bool:
        """Whether there is nothing left to do."""

    @property
    def due(self) -> bool:
        """Whether an evaluation follows the last update."""

    def checkpoint(self) -> bytes:
        """All of it, in one piece."""

    def restore(self, checkpoint: bytes) -> None:
        """Go on from a checkpoint of the same trial."""


R = TypeVar("R", bound=Resumable)


def run_to_end(
    state: R,
    recorder: Recorder,
    update: Callable[[R], None],
    evaluated: Callable[[R], Iterable[Row]],
) -> None:
    """Update and evaluate to the end, with a checkpoint after every evaluation.

    A trial that was stopped goes on from its last evaluation: rows are the same as in one go, but
    for the seconds.
    """
    checkpoint = recorder.resume()
    if checkpoint is not None:
        _restore(state, checkpoint)
    while not state.over:
        update(state)
        if state.due:
            for row in evaluated(state):
                recorder.row(row)
            recorder.save(state.checkpoint())


def _restore(state: Resumable, checkpoint: bytes) -> None:
    try:
        state.restore(checkpoint)
    except BadCheckpoint:
        raise
    # entries of another version can fail in any way
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise BadCheckpoint(f"it was written by another version ({reason:.200})") from error
