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
    study would not be the folder's any more.
    """
    folder, deadline = store.folder, time.monotonic() + PATIENCE
    with _opened(folder) as handle:
        while True:
            alone = lock(handle, shared=False)
            if alone is not False:
                store.declare(study)
                in_use(folder)
            if alone is None:
                break
            if lock(handle, shared=True):
                if alone or store.is_of(study):
                    break
                raise BadData(
                    f"{folder} is in use by another run, of other trials: wait for it, or stop it."
                )
            if time.monotonic() > deadline:
                raise BadData(f"{folder} is in use by another run: wait for it, or stop it.")
            time.sleep(0.1)
        try:
            yield
        finally:
            if lock(handle, shared=False):
                in_use(folder)


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
