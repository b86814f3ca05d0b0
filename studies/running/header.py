"""study.json: which study a folder is of, and which trials the study has now."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..design.data import BadData, pretty
from .files import NotResults, read_object, write_whole
from .schema import SCHEMA, LaterSchema, schema_of

if TYPE_CHECKING:
    from ..design.study import Study


def path_of(folder: Path) -> Path:
    """Where the file lies in a study's folder."""
    return folder / "study.json"


def is_missing(folder: Path) -> bool:
    """Whether there is something in the place of a study's folder, and it is none.

    A folder in which another run begins, or was killed while it did, is one: the file is being
    written.
    """
    if not folder.exists():
        return False
    foreign = not folder.is_dir() or any(
        not each.name.startswith(path_of(folder).name) for each in folder.iterdir()
    )
    # it may have come meanwhile, and other files with it
    return foreign and not path_of(folder).is_file()


def read(folder: Path) -> dict[str, Any]:
    """The study's name, question and trial ids; raises NotResults where nothing was run."""
    path = path_of(folder)
    if not path.is_file():
        raise NotResults(f"{folder} holds no results yet: run the study first.")
    data = read_object(path, "Run the study again to write it anew.")
    ids = data.get("trials")
    named = isinstance(ids, list) and all(isinstance(each, str) for each in ids)
    # earlier versions do not count them
    counts = data.get("procedures", {})
    counted = isinstance(counts, dict) and all(type(each) is int for each in counts.values())
    if not (named and counted and {"name", "question"} <= set(data)):
        raise NotResults(f"{path} is not a study's: run the study again.")
    schema_of(data, path)
    return data


def schema_for(folder: Path, study: Study) -> int:
    """The form that the folder keeps; raises BadData for a folder of another study."""
    if not path_of(folder).is_file():
        return SCHEMA
    try:
        known = read(folder)
    except LaterSchema:
        raise
    except NotResults:
        return 1
    if known["name"] != study.name:
        held = f"{folder} holds the study {known['name']!r}, not {study.name!r}"
        raise BadData(f"{held}: choose another folder.")
    return schema_of(known, path_of(folder))


def write(folder: Path, study: Study, schema: int) -> None:
    """Say which study the folder is of, and which trials it has now."""
    data = {"schema": schema, **_said(study)}
    write_whole(path_of(folder), f"{pretty(data)}\n".encode())


def is_of(folder: Path, study: Study) -> bool:
    """Whether the folder is of this study with these very trials."""
    try:
        return _said(study).items() <= read(folder).items()
    except NotResults:
        return False


def _said(study: Study) -> dict[str, Any]:
    trials = list(study.trials())
    return {
        "name": study.name,
        "question": study.question,
        "procedures": Counter(trial.procedure.name for trial in trials),
        "trials": [trial.id for trial in trials],
    }
