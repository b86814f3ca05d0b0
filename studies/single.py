"""One model on one task, outside of any comparison: train it, keep its checkpoint, save it."""

from __future__ import annotations

from pathlib import Path

from .data import BadData
from .executor import run
from .files import write_whole
from .store import ResultStore
from .study import Study


def train_one(
    study: Study,
    folder: Path,
    checkpoint: Path | None = None,
    device: str = "cpu",
    threads: int = 1,
) -> Path | None:
    """Run the study's only trial in this process and save its network as model.pt beside its rows.

    Returns that file's path, or None where training failed or was interrupted. A `checkpoint` is
    taken up in place of the folder's own; raises BadData where it is of another trial.
    """
    store = ResultStore(folder)
    (trial,) = study.trials()
    task = trial.task.build()
    # a model that cannot be built is the caller's mistake, not a failed trial
    trial.model.build(task.input_size, task.answer.output_size)
    home = store.path(trial)
    if checkpoint is not None:
        _adopt(checkpoint, trial.id, home / "checkpoint.pt")
    summary = run(study, store, workers=0, device=device, threads=threads)
    if summary.interrupted or summary.failed:
        for error in store.failures()["error"]:
            print(f"failed: {error}")
        return None
    from memnets.spec import save

    from .learner import trained

    _, network = trained(home / "checkpoint.pt")
    save(home / "model.pt", network, trial.model, task.input_size, task.answer.output_size)
    return home / "model.pt"


def _adopt(checkpoint: Path, wanted: str, target: Path) -> None:
    from .learner import trained

    found, _ = trained(checkpoint)
    if found.id != wanted:
        raise BadData(
            f"{checkpoint} is of another trial ({found.model_label} on {found.task_label}, seed "
            f"{found.seed}): ask for the same model, task and training, or leave it out."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, checkpoint.read_bytes())
