"""Trials that go on from a shorter one that is finished, in place of beginning anew."""

from __future__ import annotations

import shutil
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..design.data import BadData, canonical, line, pretty
from ..design.trial import Trial
from .files import NotResults, clear_errors, read_object, write_whole
from .rows_file import DONE, ROWS, read_rows
from .store import ResultStore
from .trial_file import TrialFile, trial_folders


class Taken(NamedTuple):
    """Trials that begin where others ended, and those that cannot though shorter ones are there."""

    begun: int
    anew: int
    settings: tuple[str, ...]
    """Of their procedures, for which they begin anew."""

    def lines(self, trials: int) -> Iterator[str]:
        """What is to be said of it, of so many trials."""
        if self.begun:
            yield f"{self.begun} of {trials} trials go on from shorter ones"
        if self.anew:
            count, names = f"{self.anew} of {trials}", ", ".join(self.settings)
            yield f"{count} trials begin anew, not where shorter ones ended: {names}"


def take_over(store: ResultStore, trials: Sequence[Trial]) -> Taken:
    """Begin those of the trials that continue a finished one with its rows and checkpoint.

    A trial continues another where its procedure says so and all else is the same; of several it is
    the one with the most rows. Its facts name it as `parent`. Those that have a folder already are
    left alone. Raises Unwritable.
    """
    fresh = [trial for trial in trials if not store.path(trial).exists()]
    stored = trial_folders(store.folder) if fresh and store.folder.is_dir() else []
    finished: dict[str, list[tuple[Trial, Path]]] = defaultdict(list)
    for folder in stored:
        if (found := _finished(folder)) is not None:
            finished[_all_but_procedure(found)].append((found, folder))
    begun, anew, settings = 0, 0, dict[str, None]()
    for trial in fresh if finished else ():
        same = finished[_all_but_procedure(trial)]
        before = [each for each in same if trial.procedure.continues(each[0].procedure)]
        if before:
            _, folder = max(before, key=lambda each: (each[1] / ROWS).stat().st_size)
            begun += _carry(store, trial, folder)
        elif names := {
            name for each in same for name in trial.procedure.anew_for(each[0].procedure)
        }:
            anew += 1
            settings |= dict.fromkeys(sorted(names))
    return Taken(begun, anew, tuple(settings))


def _finished(folder: Path) -> Trial | None:
    """The finished trial of a folder; None where it is not one that can be gone on from."""
    names = (DONE, "checkpoint.pt", ROWS)
    if not all((folder / name).is_file() for name in names):
        return None
    try:
        return TrialFile.of_folder(folder).trial
    except NotResults:
        return None


def _all_but_procedure(trial: Trial) -> str:
    data = trial.to_json()
    return canonical({name: data[name] for name in ("task", "model", "seed")})


def _carry(store: ResultStore, trial: Trial, folder: Path) -> bool:
    """Make the trial's folder of the other's; False where that cannot be, or another run did it."""
    place = store.path(trial)
    made = place.with_name(f"{place.name}.{uuid.uuid4().hex[:8]}.partial")
    try:
        checkpoint = trial.procedure.taken_over((folder / "checkpoint.pt").read_bytes(), trial)
    except BadData:
        return False
    facts = read_object(folder / DONE, "Run the study again.")
    with clear_errors(place):
        made.mkdir()
        try:
            kept = [row for row in read_rows(folder) if trial.procedure.keeps(row, facts)]
            write_whole(made / ROWS, "".join(f"{line(row)}\n" for row in kept).encode())
            counted = f"{pretty({'rows': len(kept)})}\n".encode()
            write_whole(made / "checkpoint.json", counted)
            write_whole(made / "checkpoint.pt", checkpoint)
            TrialFile.of(trial).write(made / "trial.json")
            made.rename(place)
        except OSError:
            shutil.rmtree(made, ignore_errors=True)
            if place.is_dir():
                return False
            raise
    return True
