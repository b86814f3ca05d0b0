"""The folder of a running study's results, and whether a worker sees it."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..design.trial import Trial
from .attempt import TrialRecorder
from .claims import FOLDER
from .engine_recorder import EngineRecorder
from .files import write_whole
from .recorder import FolderRecorder
from .store import ResultStore

PROBE = "run"
"""How the name of the file ends that is there while a study runs; it begins with the token."""


@dataclass(frozen=True)
class ResultsFolder:
    """A store's folder by its absolute path, and the token that a run of its study put into it."""

    path: Path
    token: str

    def is_seen(self) -> bool:
        """Whether this process sees the folder: the same path may be another one elsewhere."""
        return self.probe.is_file()

    @property
    def probe(self) -> Path:
        """The file that only those see who see the folder."""
        return self.path / FOLDER / f"{self.token}.{PROBE}"

    def recorder(self, trial: Trial, device: str, watch: Callable[[], None]) -> TrialRecorder:
        """The recorder of a trial in this process; `watch` is called before anything is written."""
        if self.is_seen():
            return FolderRecorder(ResultStore(self.path), trial, device, watch)
        return EngineRecorder(trial, self.token, device, watch)


@contextlib.contextmanager
def marked(path: Path) -> Iterator[ResultsFolder]:
    """A store's folder while its study runs; the token is removed afterwards."""
    folder = ResultsFolder(path.absolute(), uuid.uuid4().hex)
    write_whole(folder.probe, b"")
    try:
        yield folder
    finally:
        with contextlib.suppress(OSError):
            folder.probe.unlink()
