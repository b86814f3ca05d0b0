"""The rows of many trials as one frame, from their caches where these are of the rows on disk."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..design.data import encodable
from . import rows_cache
from .columns import frame
from .files import NotResults
from .rows_cache import Loaded
from .rows_file import read_bytes, read_columns, require_all
from .trial_file import FACTORS, TrialFile

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (*FACTORS, "step", "sequences", "seconds", "kind", "length")
"""Columns of a frame without rows."""


def load(folders: Iterable[Path]) -> pd.DataFrame:
    """One row per row of the trials in these folders, with the factors and columns of its trial.

    Raises NotResults for a file that cannot be read, and where rows of a finished trial are gone.
    """
    import pandas as pd

    loaded = [each for each in map(load_trial, folders) if each.rows.height]
    if not loaded:
        return pd.DataFrame(columns=list(COLUMNS))
    return frame([each.constants for each in loaded], [each.rows for each in loaded])


def load_trial(folder: Path) -> Loaded:
    """One trial's factors and columns, and its rows; those of a finished trial are kept in a cache.

    Raises NotResults as `load` does.
    """
    path = folder / "trial.json"
    trial, rows = path.read_bytes(), read_bytes(folder)
    finished = require_all(folder, rows)
    stamp = rows_cache.stamp(folder.name, trial, rows)
    if (kept := rows_cache.read(folder, stamp)) is not None:
        return kept
    described = constants(TrialFile.of_folder(folder))
    loaded = Loaded(described, read_columns(folder, rows, described))
    # labels may be written anew meanwhile
    if finished and path.read_bytes() == trial:
        rows_cache.write(folder, stamp, loaded)
    return loaded


def keep_columns(folder: Path) -> None:
    """Keep a finished trial's rows as columns, so that the first load of them is quick too.

    What cannot be read or written now is for those to say who read it.
    """
    with contextlib.suppress(NotResults, OSError):
        load_trial(folder)


def constants(stored: TrialFile) -> dict[str, Any]:
    """The columns that are the same in all rows of a trial."""
    said = {**stored.factors(), **stored.columns}
    return {name: encodable(value) for name, value in said.items()}
