"""What running a study would take: trials, parameters and time, before anything runs."""

from __future__ import annotations

from typing import NamedTuple

from ..design.study import Study
from ..design.trial import Trial
from .choices import with_choices
from .progress_bar import ProgressBar
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

    A progress bar names the one being timed, on a terminal. Nothing is timed where no trial is
    missing. Raises BadData as running the study would.
    """
    groups: dict[tuple[str, str, str], list[Trial]] = {}
    for trial in with_choices(study, store).expected():
        trial.procedure.takes(trial.procedure.task(trial.task))
        trial.procedure.require_model(trial.model)
        trial.procedure.require_device(device)
        key = (trial.task_label, trial.model_label, trial.procedure.name)
        groups.setdefault(key, []).append(trial)
    rows = []
    with ProgressBar(f"plan of {study.name}", len(groups)) as bar:
        for (task, model, procedure), trials in groups.items():
            bar.say(f"{model} on {task}")
            sizes = trials[0].procedure.network_sizes(trials[0].task)
            network = trials[0].model.build(**sizes)
            count = sum(part.numel() for part in network.parameters() if part.requires_grad)
            missing = [trial for trial in trials if not store.is_done(trial)]
            seconds = _seconds(missing[0], device, threads) if missing else None
            rows.append(Planned(task, model, procedure, len(trials), len(missing), count, seconds))
            bar.advance()
    return rows


def _seconds(trial: Trial, device: str, threads: int) -> float | None:
    with torch_threads(threads):
        return trial.procedure.seconds_needed(trial, device)
