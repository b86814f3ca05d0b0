"""Where a study's results go, as a worker finds it: in a folder that it sees, or by the driver."""

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


@dataclass(frozen=True)
class Place:
    """A store's folder by its absolute path, and the token that a running study put into it."""

    folder: Path
    token: str

    def is_seen(self) -> bool:
        """Whether this process sees the folder: the same path may be another one elsewhere."""
        try:
            return (self.folder / PROBE).read_text(encoding="ascii") == self.token
        except (OSError, ValueError):
            return False

    def recorder(self, trial: Trial, device: str, watch: Callable[[], None]) -> TrialRecorder:
        """The recorder of a trial in this process; `watch` is called before anything is written."""
        if self.is_seen():
            return FolderRecorder(ResultStore(self.folder), trial, device, watch)
        return EngineRecorder(trial, self.token, device, watch)


@contextlib.contextmanager
def marked(folder: Path) -> Iterator[Place]:
    """The place of a store while its study runs; the token is removed afterwards."""
    place = Place(folder.absolute(), uuid.uuid4().hex)
    write_whole(place.folder / PROBE, place.token.encode())
    try:
        yield place
    finally:
        with contextlib.suppress(OSError):
            (place.folder / PROBE).unlink()
