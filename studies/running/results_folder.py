"""The folder of a running study's results, and whether a worker sees it."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..design.trial import Trial
from .attempt import TrialRecorder
from .engine_recorder import EngineRecorder
from .files import write_whole
from .recorder import FolderRecorder
from .store import ResultStore

PROBE = "run.token"
"""The file that holds the token while a study runs."""


@dataclass(frozen=True)
class ResultsFolder:
    """A store's folder by its absolute path, and the token that a running study put into it."""

    path: Path
    token: str

    def is_seen(self) -> bool:
        """Whether this process sees the folder: the same path may be another one elsewhere."""
        try:
            return (self.path / PROBE).read_text(encoding="ascii") == self.token
        except (OSError, ValueError):
            return False

    def recorder(self, trial: Trial, device: str, watch: Callable[[], None]) -> TrialRecorder:
        """The recorder of a trial in this process; `watch` is called before anything is written."""
        if self.is_seen():
            return FolderRecorder(ResultStore(self.path), trial, device, watch)
        return EngineRecorder(trial, self.token, device, watch)


@contextlib.contextmanager
def marked(path: Path) -> Iterator[ResultsFolder]:
    """A store's folder while its study runs; the token is removed afterwards."""
    folder = ResultsFolder(path.absolute(), uuid.uuid4().hex)
    write_whole(folder.path / PROBE, folder.token.encode())
    try:
        yield folder
    finally:
        with contextlib.suppress(OSError):
            (folder.path / PROBE).unlink()
