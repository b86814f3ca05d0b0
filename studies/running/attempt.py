"""One attempt at a trial: its procedure runs, and how that ended is stored."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from ..design.trial import Trial
from ..procedures.base import BadCheckpoint, Recorder
from . import provenance
from .claims import Claimed
from .code_versions import made_with
from .files import Unwritable
from .threads import torch_threads


class Abandoned(BaseException):
    """Nobody waits for the trial any more; it stops without a result and without a failure."""


class TrialRecorder(Recorder, Protocol):
    """A recorder that also stores how its trial begins and ends."""

    def begin(self, code: Mapping[str, str]) -> bool:
        """Take the trial up, made with that code; False where it is finished already.

        Raises Claimed where another process makes it.
        """

    def check(self) -> None:
        """Raise LostRows where rows went away while the trial ran."""

    def finish(self, facts: Mapping[str, Any], trace: Mapping[str, Any]) -> None:
        """Store that the trial is finished, with its facts and its trace."""

    def fail(self, facts: Mapping[str, Any]) -> None:
        """Store why the trial failed."""

    def close(self) -> None:
        """Let go of the trial."""


def attempt(trial: Trial, recorder: TrialRecorder, folder: Path, threads: int = 1) -> bool:
    """Make a trial, or go on with it; False where it was finished before.

    Only Unwritable, Claimed, Abandoned or an interrupt leaves this. `folder` is the trial's, as
    messages are to name it. Versions and machine are those of the process that this runs in.
    """
    try:
        if not recorder.begin(made_with(trial)):
            return False
        _made(trial, recorder, folder, threads)
        return True
    finally:
        recorder.close()


def _made(trial: Trial, recorder: TrialRecorder, folder: Path, threads: int) -> None:
    started = provenance.now()
    try:
        with torch_threads(threads):
            outcome = trial.procedure.run(trial, recorder)
        recorder.check()
        known = {"started": started, "finished": provenance.now(), **outcome.facts}
        recorder.finish(known | provenance.environment(recorder.device, threads), outcome.trace)
    except (Unwritable, Claimed):
        raise
    except Exception as error:
        known = {"started": started, "finished": provenance.now()}
        here = provenance.environment(recorder.device, threads)
        recorder.fail(failure(error, folder) | known | here)


def failure(error: Exception, folder: Path) -> dict[str, str]:
    """What is stored of the error that ended a trial."""
    text = str(error).strip().partition("\n")[0]
    if isinstance(error, BadCheckpoint):
        path = folder / "checkpoint.pt"
        text = f"{path}: {text}; delete it to make the trial from the start."
    lines = traceback.format_exception(error)
    return {"error": f"{type(error).__name__}: {text}", "traceback": "".join(lines)}
