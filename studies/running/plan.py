"""What running a study would take: trials, parameters and time, before anything runs."""

from __future__ import annotations

from typing import NamedTuple

from ..design.study import Study
from .choices import with_choices
from .store import ResultStore
from .threads import torch_threads


class Planned(NamedTuple):
    """One model on one task, made by one procedure."""

    task: str
    model: str
    procedure: str
    trials: int
    missing: int
    """Trials that are not done yet."""
    parameters: int
    seconds: float | None
    """Of one trial to its end; None where its procedure does not know."""


def planned(study: Study, store: ResultStore, device: str, threads: int = 1) -> list[Planned]:
    """Every model on every task of the study, in order; a few steps of each are made and timed.

    Nothing is timed where no trial is missing. Raises BadData as running the study would.
    """
    rows: dict[tuple[str, str, str], Planned] = {}
    for trial in with_choices(study, store).expected():
        trial.procedure.takes(trial.procedure.task(trial.task))
        trial.procedure.require_model(trial.model)
        trial.procedure.require_device(device)
        key = (trial.task_label, trial.model_label, trial.procedure.name)
        done = store.is_done(trial)
        if key not in rows:
            sizes = trial.procedure.network_sizes(trial.task)
            network = trial.model.build(**sizes)
            count = sum(part.numel() for part in network.parameters() if part.requires_grad)
            rows[key] = Planned(*key, 0, 0, count, None)
        row = rows[key]
        if not done and row.missing == 0:
            with torch_threads(threads):
                row = row._replace(seconds=trial.procedure.seconds_needed(trial, device))
        rows[key] = row._replace(trials=row.trials + 1, missing=row.missing + (not done))
    return list(rows.values())
