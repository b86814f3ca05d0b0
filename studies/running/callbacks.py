"""What happens in a run, for people's own logging: an object with a method for each event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..design.data import BadData
from ..design.trial import Trial
from ..procedures.base import Row

if TYPE_CHECKING:
    from .summary import Summary


class Callback:
    """Is told of every event of a run; what a method does by default is nothing.

    All methods are called in the process that called `run`, one at a time, whichever process makes
    the trial; they are told what is stored, up to a second later. A trial that goes on, or that
    was begun before, tells its new rows only. An exception ends the callback, not the run: a line
    says so, and it is told nothing more.
    """

    def study_started(self, name: str, trials: Sequence[Trial]) -> None:
        """A run begins; these trials it is to make."""

    def trial_started(self, trial: Trial) -> None:
        """A trial is begun, or gone on with."""

    def row(self, trial: Trial, row: Row) -> None:
        """A row was stored."""

    def evaluation(self, trial: Trial, rows: Sequence[Row]) -> None:
        """All rows of one step were stored: those of an evaluation, with that of its training."""

    def checkpoint(self, trial: Trial, path: Path) -> None:
        """A checkpoint was stored in this file, which the next one replaces."""

    def trial_ended(self, trial: Trial, facts: Mapping[str, Any], *, failed: bool) -> None:
        """A trial has ended: what its done.json says, or failed.json with `error`, `traceback`."""

    def study_ended(self, summary: Summary) -> None:
        """The run has ended, or was interrupted."""


def require_callbacks(callbacks: object) -> None:
    """Raises BadData unless it is a sequence of objects with all events."""
    events = [name for name in vars(Callback) if not name.startswith("_")]
    good = (
        isinstance(callbacks, Sequence)
        and not isinstance(callbacks, str)
        and all(
            not isinstance(each, type)
            and all(callable(getattr(each, name, None)) for name in events)
            for each in callbacks
        )
    )
    if not good:
        raise BadData(f"callbacks is {callbacks!r:.60}; it must be a list of studies.Callback.")
