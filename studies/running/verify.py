"""What is torn, foreign or inconsistent in a study's folder, and what to do about it."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ..procedures.base import Row
from .attempts_file import FAILED, read_attempts
from .files import NotResults, read_object
from .rows_file import DONE, ROWS, is_finished, keys_of, parsed, read_bytes, read_count
from .store import ResultStore
from .trial_file import PLACE, TrialFile, trial_folders

ANEW = "remove the trial and run the study again, which makes it anew"
RESUMES = "run the study again, which goes on with the trial"


class Finding(NamedTuple):
    """Something that is wrong: which trial's, if one's, and a line on what it is and what to do."""

    trial: str | None
    text: str


def _finding(trial: str | None, what: str, remedy: str) -> Finding:
    return Finding(trial, f"{what}: {remedy}.")


def verify(store: ResultStore) -> Iterator[Finding]:
    """Everything that is wrong with the store; raises NotResults where study.json cannot be read.

    Trials of an earlier version of the study are looked at too. Nothing is changed. Meant for a
    folder that no run is writing to.
    """
    study, header = store.study, store.folder / "study.json"
    for name, count in Counter(study["trials"]).items():
        if count > 1 or not PLACE.fullmatch(name):
            what = f"{header} names the trial {name!r:.40} {count} times"
            yield _finding(None, what, "run the study again, which writes the file anew")
    for path in sorted(store.folder.rglob("*.partial")):
        yield _finding(None, f"{path} was left by a process that was stopped", "delete it")
    for path in trial_folders(store.folder):
        yield from verify_trial(path)


def verify_trial(folder: Path) -> Iterator[Finding]:
    """Everything that is wrong with the folder of one trial."""
    name = folder.name
    if not folder.is_dir():
        yield _finding(name, f"{folder} is no folder", "delete it and run the study again")
        return
    if not (folder / "trial.json").is_file():
        yield _finding(name, f"{folder} lacks trial.json", RESUMES)
        return
    try:
        stored = TrialFile.of_folder(folder)
    except NotResults as error:
        yield Finding(name, str(error))
        return
    yield from _rows(folder, stored)
    yield from _ends(folder)
    yield from _checkpoint(folder)
    try:
        if (folder / "trace.npz").is_file():
            ResultStore(folder.parent).trace(name)
    except NotResults as error:
        yield _finding(name, str(error).rstrip("."), "delete it, or remove the trial")


def _rows(folder: Path, stored: TrialFile) -> Iterator[Finding]:
    path = folder / ROWS
    try:
        finished, data = is_finished(folder), read_bytes(folder)
        rows = list(parsed(folder, data))
    except NotResults as error:
        yield Finding(folder.name, str(error))
        return
    if path.is_file() and path.stat().st_size > len(data):
        remedy = "remove the trial" if finished else RESUMES
        yield _finding(folder.name, f"{path} ends in half a row", remedy)
    if finished:
        counted = read_object(folder / DONE, "").get("rows")
        if counted is not None and len(rows) > counted:
            what = f"{path} holds {len(rows)} rows, of which {counted} were counted at the end"
            yield _finding(folder.name, what, ANEW)
    yield from _keys(folder, stored, rows)


def _keys(folder: Path, stored: TrialFile, rows: list[Row]) -> Iterator[Finding]:
    procedure = stored.trial.procedure
    try:
        keys = keys_of(folder, rows, procedure)
    except NotResults as error:
        yield Finding(folder.name, str(error))
        return
    seen: dict[tuple[Any, ...], int] = {}
    for number, key in enumerate(keys, 1):
        if key in seen:
            where = f"{folder / ROWS}, line {number}"
            yield _finding(folder.name, f"{where}, repeats line {seen[key]}", ANEW)
            return
        seen[key] = number


def _ends(folder: Path) -> Iterator[Finding]:
    try:
        read_attempts(folder)
    except NotResults as error:
        yield Finding(folder.name, str(error))
    failed = folder / FAILED
    if not failed.is_file():
        return
    if (folder / DONE).is_file():
        yield _finding(folder.name, f"{failed} is of a trial that is finished", "delete it")
    with contextlib.suppress(NotResults):
        if not {"error", "traceback"} <= read_object(failed, "").keys():
            remedy = "delete it and run the study again"
            yield _finding(folder.name, f"{failed} says no error", remedy)


def _checkpoint(folder: Path) -> Iterator[Finding]:
    weights, counts = folder / "checkpoint.pt", folder / "checkpoint.json"
    if weights.is_file() and not weights.stat().st_size:
        yield _finding(folder.name, f"{weights} is empty", f"delete it and {RESUMES}")
    if not counts.is_file():
        return
    try:
        counted = read_count(counts)
    except NotResults as error:
        yield Finding(folder.name, str(error))
        return
    there = read_bytes(folder).count(b"\n")
    if there < counted and not (folder / DONE).is_file():
        what = f"{folder / ROWS} holds {there} of the {counted} rows before its checkpoint"
        yield _finding(folder.name, what, ANEW)
