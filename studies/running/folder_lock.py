"""A study's folder kept to one process, or shared by runs of the same study."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from ..design.data import BadData
from ..design.study import Study
from .claims import in_use
from .files import clear_errors, lock
from .removal import clear_partial
from .store import ResultStore

PATIENCE = 10.0
"""Seconds that a run waits for a process that has the folder to itself for a moment."""


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep the folder to this process; raises BadData where another one uses it.

    Where the system cannot lock, only trials that are being made now are respected.
    """
    with _opened(folder) as handle:
        if lock(handle, shared=False) is False or in_use(folder):
            raise BadData(f"{folder} is in use by another run: wait for it, or stop it.")
        yield


@contextlib.contextmanager
def joined(store: ResultStore, study: Study) -> Iterator[None]:
    """Declare the study, or join the runs of it that are under way; they share its trials.

    Raises BadData where the folder is held, and where a run of other trials is under way, whose
    study would not be the folder's any more; both are waited for a moment, as a run that goes on
    from its search to its comparison may meet one that is about to.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        with _opened(store.folder) as handle:
            obstacle = _obstacle(handle, store, study)
            if obstacle is None:
                try:
                    yield
                finally:
                    if lock(handle, shared=False):
                        in_use(store.folder)
                return
        # between two tries nothing is locked, so that others get their turn
        if time.monotonic() > deadline:
            raise BadData(
                f"{store.folder} is in use by another run{obstacle}: wait for it, or stop it."
            )
        time.sleep(0.1)


def _obstacle(handle: int, store: ResultStore, study: Study) -> str | None:
    """What keeps the run from joining, to be said; None where it has joined."""
    alone = lock(handle, shared=False)
    if alone is not False:
        store.declare(study)
        if not in_use(store.folder) and alone:
            clear_partial(store.folder)
    if alone is None:
        return None
    if not lock(handle, shared=True):
        return ""
    return None if alone or store.is_of(study) else ", of other trials"


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    with clear_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        # where the system opens no folders, there is nothing to lock
        handle = os.open(folder, os.O_RDONLY) if os.name == "posix" else -1
    try:
        yield handle
    finally:
        if handle >= 0:
            os.close(handle)
