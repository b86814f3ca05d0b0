"""Rows as TensorBoard event files, while a study runs or afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..design.data import BadData
from ..design.trial import Trial
from ..procedures.base import Row
from .callbacks import Callback
from .store import ResultStore

if TYPE_CHECKING:
    from .summary import Summary

LONGEST = 200
"""Bytes of a folder's name; file systems take 255, and some space is left for the id."""
SKIPPED = ("step", "sequences", "seconds")


class TensorBoard(Callback):
    """Writes every row's numbers as it is stored, a folder of event files for each trial.

    Needs the extra `tensorboard`; raises BadData where it is not installed. What the folder holds
    already stays: a study that is gone on with goes on with its curves.
    """

    def __init__(self, folder: str | PathLike[str]) -> None:
        self.folder = Path(folder)
        self._writer_of = _summary_writer()
        self._names: dict[str, str] = {}
        self._writers: dict[str, Any] = {}

    def study_started(self, name: str, trials: Sequence[Trial]) -> None:
        self._names = {trial.id: name for name, trial in run_names(trials).items()}

    def row(self, trial: Trial, row: Row) -> None:
        if trial.id not in self._writers:
            home = self.folder / self._names[trial.id]
            self._writers[trial.id] = self._writer_of(str(home))
        _add(self._writers[trial.id], trial, row)

    def evaluation(self, trial: Trial, rows: Sequence[Row]) -> None:
        self._writers[trial.id].flush()

    def trial_ended(self, trial: Trial, facts: Mapping[str, Any], *, failed: bool) -> None:
        if trial.id in self._writers:
            self._writers.pop(trial.id).close()

    def study_ended(self, summary: Summary) -> None:
        while self._writers:
            self._writers.popitem()[1].close()


def export(store: ResultStore, folder: str | PathLike[str]) -> Path:
    """Write every row's numbers, by trial and test length, against updates; returns `folder`.

    Needs the extra `tensorboard`; raises BadData where it is not installed. Earlier event files of
    the folder are replaced.
    """
    folder, writer_of = Path(folder), _summary_writer()
    for name, trial in run_names(store.trials()).items():
        home = folder / name
        for old in home.glob("events.out.*"):
            old.unlink()
        with writer_of(str(home)) as writer:
            for number, row in enumerate(store.rows(trial)):
                _add(writer, trial, row, number)
    return folder


def _summary_writer() -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise BadData("TensorBoard is not installed: `pip install tensorboard`.") from error
    return SummaryWriter


def _add(writer: Any, trial: Trial, row: Row, number: int = 0) -> None:
    """A point of a curve for each number of a row, against its updates, else the row's number."""
    key = [column for column in trial.procedure.row_key if column != "step"]
    # a column at its default is in no name, whether or not the row has it
    ordinary = {None, *trial.procedure.row_defaults.values()}
    parts = [_part(name, row[name]) for name in key if row.get(name) not in ordinary]
    where = ", ".join(parts) or "rows"
    for metric, value in row.items():
        if metric not in (*SKIPPED, *key) and isinstance(value, int | float):
            writer.add_scalar(f"{where}/{metric}", value, row.get("step", number))


def run_names(trials: Iterable[Trial]) -> dict[str, Trial]:
    """Each trial under the folder name that TensorBoard shows: its labels and its seed.

    Characters that no file name may hold become dashes. A name that is too long is cut, and one
    that another trial has already is told apart by the trial's id.
    """
    names: dict[str, Trial] = {}
    for trial in trials:
        text = f"{trial.task_label} {trial.model_label} seed {trial.seed}"
        name = re.sub(r'[\x00-\x1f\x7f\ud800-\udfff/\\:*?"<>|]', "-", text)
        if len(name.encode()) > LONGEST or name in names:
            name = f"{name.encode()[:LONGEST].decode(errors='ignore')} {trial.id}"
        names[name] = trial
    return names


def _part(column: str, value: object) -> str:
    """A value that tells rows apart, as part of a curve's name."""
    return str(value) if isinstance(value, str) else f"{column} {value}"
