"""Stored rows as TensorBoard event files, for those who watch curves there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from os import PathLike
from pathlib import Path

from ..design.data import BadData
from ..design.trial import Trial
from .store import ResultStore

LONGEST = 200
"""Bytes of a folder's name; file systems take 255, and some space is left for the id."""
SKIPPED = ("step", "sequences", "seconds")


def export(store: ResultStore, folder: str | PathLike[str]) -> Path:
    """Write every row's numbers, by trial and test length, against updates; returns `folder`.

    Needs the extra `tensorboard`; raises BadData where it is not installed. Earlier event files of
    the folder are replaced.
    """
    folder = Path(folder)
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise BadData("TensorBoard is not installed: `pip install tensorboard`.") from error
    for name, trial in run_names(store.trials()).items():
        home = folder / name
        for old in home.glob("events.out.*"):
            old.unlink()
        with SummaryWriter(str(home)) as writer:
            for number, row in enumerate(store.rows(trial)):
                key = [column for column in trial.procedure.row_key if column != "step"]
                # a column at its default is in no name, whether or not the row has it
                ordinary = {None, *trial.procedure.row_defaults.values()}
                parts = [_part(name, row[name]) for name in key if row.get(name) not in ordinary]
                where = ", ".join(parts) or "rows"
                for metric, value in row.items():
                    if metric not in (*SKIPPED, *key) and isinstance(value, int | float):
                        writer.add_scalar(f"{where}/{metric}", value, row.get("step", number))
    return folder


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
