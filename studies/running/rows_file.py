"""metrics.jsonl: the rows of a trial, all of which must be there once it is finished."""

from __future__ import annotations

import json
from pathlib import Path

from ..procedures.base import Row
from .files import NotResults, read_json, read_lines

ROWS = "metrics.jsonl"
DONE = "done.json"


def read_rows(folder: Path) -> list[Row]:
    """The rows in a trial's folder, without a half-written last one.

    Raises NotResults for a line that is no JSON, and where rows of a finished trial are gone.
    """
    path = folder / ROWS
    try:
        rows = [json.loads(line) for line in read_lines(path)]
    except ValueError as error:
        raise NotResults(f"{path} holds a line that is not JSON: {error}.") from error
    if (folder / DONE).is_file():
        _require(folder, len(rows))
    return rows


def count_rows(folder: Path) -> int:
    """How many whole rows the folder holds."""
    return len(read_lines(folder / ROWS))


def is_finished(folder: Path) -> bool:
    """Whether the trial is finished; raises NotResults where its rows are not all there."""
    if not (folder / DONE).is_file():
        return False
    _require(folder, count_rows(folder))
    return True


def _require(folder: Path, rows: int) -> None:
    """Raise NotResults unless so many rows are all that were written."""
    counted = read_json(folder / DONE, "Delete it and run the study again.").get("rows")
    # the first version stored no number
    if rows >= (1 if counted is None else counted):
        return
    there = "no rows" if counted is None else f"{rows} of the {counted} rows"
    raise NotResults(
        f"{folder / ROWS} holds {there}, though the trial is finished: delete {folder} and run "
        "the study again to make the trial anew."
    )
