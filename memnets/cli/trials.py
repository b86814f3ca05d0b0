"""The commands of `memnets study` that are about single trials of a study that was run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tyro.conf import Positional

from studies.design.data import BadData

from .describe import columns, results

if TYPE_CHECKING:
    from studies.running.store import ResultStore


def verify(study: Positional[str], folder: Path = Path("runs")) -> int:
    """Look for trials that are torn, foreign or inconsistent; a line each, with what to do.

    Every file of every trial is read: descriptions against ids, rows against the numbers in
    done.json and checkpoint.json, rows that occur twice, traces. Nothing is changed. Status 1 where
    something was found. Refused while a run holds the folder.
    """
    from studies.running.folder_lock import held
    from studies.running.schema import SCHEMA, schema_of
    from studies.running.trial_file import trial_folders
    from studies.running.verify import verify as findings

    store = results(folder / study)
    with held(store.folder):
        found = list(findings(store))
    for finding in found:
        print(finding.text)
    trials = len(trial_folders(store.folder))
    earlier = schema_of(store.study, store.folder) < SCHEMA
    print(
        f"{study}: {trials} trials looked at, {len(found) or 'nothing'} wrong"
        + ("; in the form of an earlier version, see memnets study migrate" if earlier else "")
    )
    return int(bool(found))


def list_trials(store: ResultStore) -> Iterator[str]:
    """The trials of a study by id: state, rows, labels and seed; why those failed that did."""
    from studies.running.attempts_file import has_failed
    from studies.running.files import NotResults
    from studies.running.rows_file import count_rows
    from studies.running.trial_file import TrialFile

    lines = []
    for name in store.study["trials"]:
        home = store.path(name)
        if not home.is_dir():
            lines.append((name, "not begun"))
            continue
        try:
            trial = TrialFile.of_folder(home).trial
            done = store.is_done(name)
        except NotResults as error:
            lines.append((name, f"broken: {error}"))
            continue
        failed = has_failed(home)
        state = "done" if done else "failed" if failed else "begun"
        lines.append((name, f"{state:6}  {count_rows(home):6} rows  {trial}"))
    yield from columns(lines)


def remove(
    study: Positional[str],
    trials: Positional[tuple[str, ...]] = (),
    failed: bool = False,
    folder: Path = Path("runs"),
) -> int:
    """Delete trials with all their rows; the next `memnets study run` makes them anew.

    TRIALS are ids as `memnets study list STUDY` shows them, or beginnings of ids; --failed takes
    all that failed. There is no way back. Refused while a run holds the folder.
    """
    from studies.running.folder_lock import held
    from studies.running.removal import remove as remove_folder

    store = results(folder / study)
    with held(store.folder):
        for name in chosen(store, trials, failed):
            remove_folder(store.path(name))
            print(f"removed {store.path(name)}")
    return 0


def retry(
    study: Positional[str],
    trials: Positional[tuple[str, ...]] = (),
    failed: bool = False,
    anew: bool = False,
    device: str = "cpu",
    threads: int = 1,
    folder: Path = Path("runs"),
) -> int:
    """Make single trials again, in this process, from their stored description.

    TRIALS are ids as `memnets study list STUDY` shows them, or beginnings of ids; --failed takes
    all that failed. A trial goes on from its checkpoint; with --anew its rows are deleted and it is
    made from the start, also where it was finished. The study's other trials and settings stay as
    they are. Refused while a run holds the folder.
    """
    from studies.running.executor import retry as made
    from studies.running.trial_file import TrialFile

    store = results(folder / study)
    names = chosen(store, trials, failed)
    stored = [TrialFile.of_folder(store.path(name)).trial for name in names]
    summary = made(store, stored, anew=anew, device=device, threads=threads)
    return 130 if summary.interrupted else int(summary.failed > 0)


def migrate(study: Positional[str], folder: Path = Path("runs")) -> int:
    """Bring a folder that an earlier version wrote to the form of this one.

    Earlier forms are read as they are, so nothing has to be migrated to be used. Rows and ids stay;
    finished trials get the number of their rows. Refused while a run holds the folder.
    """
    from studies.running.folder_lock import held
    from studies.running.schema import SCHEMA, bring_up_to_date

    store = results(folder / study)
    with held(store.folder):
        had = bring_up_to_date(store.folder)
    print(f"{study}: schema {SCHEMA}" + (f", was {had}" if had < SCHEMA else " already"))
    return 0


def chosen(store: ResultStore, trials: tuple[str, ...], failed: bool) -> list[str]:
    """Ids of the trials on disk that these names, or beginnings of names, mean.

    Raises BadData, in one line, for a name that means none or several, and where nothing is chosen.
    """
    from studies.running.attempts_file import has_failed
    from studies.running.trial_file import trial_folders

    shown = f"`memnets study list {store.folder.name}` shows them."
    there = [each.name for each in trial_folders(store.folder)]
    names = [each for each in there if failed and has_failed(store.path(each))]
    for text in trials:
        found = [each for each in there if text and each.startswith(text)]
        if len(found) != 1:
            of = f"{len(found)} trials begin with" if found else "no trial begins with"
            raise BadData(f"{of} {text!r} in {store.folder}; {shown}")
        names += found
    if not names:
        why = "no trial failed" if failed else "name at least one trial, or give --failed"
        raise BadData(f"{why}; {shown}")
    return list(dict.fromkeys(names))
