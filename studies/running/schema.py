"""The form of a results folder: its number in study.json, and the steps from one to the next.

Every version reads the forms before its own. A folder keeps its form until it is brought up to
date, which changes no row and no id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..design.data import pretty
from ..design.settings import whole
from .files import NotResults, read_object, write_whole
from .rows_file import DONE, count_rows, is_finished

SCHEMA = 2
"""1: no number in study.json; done.json may lack the number of its rows. 2: both are there."""


class LaterSchema(NotResults):
    """The folder was written by a later version of memnets; the message says what to do."""


def schema_of(study: Mapping[str, Any], path: Path) -> int:
    """The form that the study.json at `path` says; raises LaterSchema for one of later versions."""
    said = study.get("schema", 1)
    found = whole(said)
    if found is None or found < 1:
        raise NotResults(f"{path} says schema {said!r:.60}; it must be 1 to {SCHEMA}.")
    if found > SCHEMA:
        raise LaterSchema(
            f"{path} has schema {found}, that of a later memnets; this one reads 1 to {SCHEMA}: "
            "install a newer memnets."
        )
    return found


def bring_up_to_date(folder: Path) -> int:
    """Take all steps from the form of a study's folder to today's; returns the form that it had.

    Stopped at any moment, it goes on when called again. Raises NotResults for a file that cannot be
    read, and Unwritable.
    """
    path = folder / "study.json"
    study = read_object(path, "Run the study again to write it anew.")
    had = schema_of(study, path)
    for number in range(had, SCHEMA):
        for trial in sorted(each.parent for each in folder.glob("*/trial.json")):
            STEPS[number](trial)
    if had < SCHEMA:
        write_whole(path, f"{pretty({'schema': SCHEMA, **_without(study)})}\n".encode())
    return had


def _without(study: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in study.items() if name != "schema"}


def _count_rows_of_finished(trial: Path) -> None:
    if not is_finished(trial):
        return
    facts = read_object(trial / DONE, "Delete it and run the study again.")
    if facts.get("rows") is None:
        counted = {**facts, "rows": count_rows(trial)}
        write_whole(trial / DONE, f"{pretty(counted)}\n".encode())


STEPS: dict[int, Callable[[Path], None]] = {1: _count_rows_of_finished}
"""What is done to each trial's folder to come from a form to the next."""
