"""Stored rows as TensorBoard event files, for those who watch curves there."""

from __future__ import annotations

from pathlib import Path

from ..design.data import BadData
from .store import ResultStore

SKIPPED = ("step", "sequences", "seconds", "kind", "length")


def export(store: ResultStore, folder: Path) -> Path:
    """Write every row's numbers, by trial and test length, against updates; returns `folder`.

    Needs the extra `tensorboard`; raises BadData where it is not installed. Earlier event files of
    the folder are replaced.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise BadData(
            "TensorBoard is not installed: pip install 'memnets[tensorboard]'."
        ) from error
    for trial in store.trials():
        home = folder / f"{trial.task_label} {trial.model_label} seed {trial.seed}".replace(
            "/", "-"
        )
        for old in home.glob("events.out.*"):
            old.unlink()
        with SummaryWriter(str(home)) as writer:
            for row in store.rows(trial):
                where = row["kind"] if row["length"] is None else f"test at length {row['length']}"
                where += f", {row['samples']} samples" if "samples" in row else ""
                for metric, value in row.items():
                    if metric not in SKIPPED and isinstance(value, int | float):
                        writer.add_scalar(f"{where}/{metric}", value, row["step"])
    return folder
