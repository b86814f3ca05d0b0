"""Taking a trial out of a study's folder, whole even where the process is killed meanwhile."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from pathlib import Path

from .files import Unwritable


def remove(folder: Path) -> None:
    """Delete the folder of a trial, if there is one; raises Unwritable where that cannot be done.

    It is renamed first, so that at any moment the trial is there with all its files or not at all.
    """
    away = folder.with_name(f"{folder.name}.{uuid.uuid4().hex[:8]}.partial")
    try:
        with contextlib.suppress(FileNotFoundError):
            os.replace(folder, away)
            shutil.rmtree(away)
    except OSError as error:
        raise Unwritable(error.errno, error.strerror or str(error), str(folder)) from error


def clear_partial(folder: Path) -> None:
    """Delete what processes that were killed were writing or removing in this very folder.

    Meant for a process that nobody else writes beside.
    """
    for path in folder.glob("*.partial"):
        with contextlib.suppress(OSError):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
