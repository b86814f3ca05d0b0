"""One model on one task, outside of any comparison: train it, keep its checkpoint, save it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from studies.design.data import BadData
from studies.design.study import Study
from studies.design.trial import TaskSpec, Trial
from studies.procedures.supervised import Supervised
from studies.running.executor import run
from studies.running.files import read_lines
from studies.running.recorder import FolderRecorder
from studies.running.store import ResultStore

from ..spec import ModelSpec

# names and values as they are typed; the values are read as JSON where they are JSON
Options = dict[str, str]


@dataclass(frozen=True)
class Train:
    """Train one model on one task, with a live line, a checkpoint, and a saved model at the end.

    The same command again goes on where it stopped. Options are pairs of a name and a value, as in
    `--cell-options slots 32 width 8`; `memnets show ntm` says which there are.
    """

    cell: str = "ntm"
    """The memory: a name of `memnets list cells`, or "module:Class"."""
    estimator: str = "soft"
    """How a weighting becomes an address: a name of `memnets list estimators`."""
    controller: str = "lstm"
    """The network that drives the memory: a name of `memnets list controllers`."""
    task: str = "copy"
    """What to learn: a name of `memnets list tasks`, or a .npz file of your own sequences."""
    controller_size: int = 100
    """Units of the controller."""
    cell_options: Options = field(default_factory=dict)
    """Names and values, such as `slots 32`; so for the other options below."""
    estimator_options: Options = field(default_factory=dict)
    """Names and values, such as `temperature 0.5`."""
    controller_options: Options = field(default_factory=dict)
    """Names and values, such as `layers 2`."""
    task_options: Options = field(default_factory=dict)
    """Names and values, such as `max_length 5`."""
    bypass_dropout: float = 0.0
    """Share of the controller's output that is hidden from the readout, so that it needs memory."""
    embedding: int = 0
    """Width of learned vectors for a task whose symbols come in as indices; 0: they are one-hot."""
    tied: bool = False
    """Whether the logits are those of the symbols that come in, by the vectors of `--embedding`."""
    regularisers: Options = field(default_factory=dict)
    """Names and weights, as in `--regularisers address_entropy 0.001`."""
    procedure: Supervised = field(default_factory=Supervised)
    """How to train; every field is part of the identity of what is trained."""
    seed: int = 0
    """Of the data, the first weights and all choices: the same seed, the same result."""
    folder: Path = Path("runs/train")
    """Where the trial's folder goes; it holds rows, checkpoint and model."""
    checkpoint: Path | None = None
    """Go on from this checkpoint, which must be of the same trial, in place of the folder's."""
    device: str = "cpu"
    """Where torch computes: cpu, cuda, cuda:1, …"""
    threads: int = 1
    """Threads of torch and of the kernels."""

    def study(self) -> Study:
        """The study that consists of this one trial."""
        model = ModelSpec(
            self.cell,
            self.estimator,
            self.controller,
            self.controller_size,
            values(self.cell_options),
            values(self.estimator_options),
            values(self.controller_options),
            self.bypass_dropout,
            self.embedding,
            tied=self.tied,
        )
        terms = {name: {"weight": _value(text)} for name, text in self.regularisers.items()}
        options = values(self.task_options)
        is_file = self.task.endswith(".npz")
        task = TaskSpec.of_file(self.task, **options) if is_file else TaskSpec(self.task, options)
        return Study(
            name="train",
            question=f"Does {model.label} learn {self.task}?",
            tasks={Path(self.task).stem if is_file else self.task: task},
            models={model.label: model},
            procedure=replace(self.procedure, regularisers=terms),
            seeds=(self.seed,),
        )

    def __call__(self) -> int:
        study, store = self.study(), ResultStore(self.folder)
        (trial,) = study.trials()
        # a model that cannot be built is the caller's mistake, not a failed trial
        built(trial.model, **trial.task.build().network_sizes)
        home = store.path(trial)
        if self.checkpoint is not None:
            if store.is_done(trial):
                raise BadData(
                    f"{home} is finished: leave the checkpoint out, or name another --folder."
                )
            _adopt(self.checkpoint, study, store)
        summary = run(study, store, workers=0, device=self.device, threads=self.threads)
        if summary.interrupted:
            return 130
        if summary.failed:
            return 1
        _save(trial, home)
        print(f"model saved to {home / 'model.pt'}")
        return 0


def built(model: ModelSpec, **sizes: Any) -> Any:
    """A network of these sizes; raises BadData, in one line, for one that has no room here."""
    try:
        return model.build(**sizes)
    except (RuntimeError, MemoryError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise BadData(f"a model of this size cannot be built here: {reason}") from error


def _adopt(checkpoint: Path, study: Study, store: ResultStore) -> None:
    """Put a checkpoint into the folder of its trial, with the rows that lie beside it."""
    from studies.procedures.trained import trained

    (trial,) = study.trials()
    try:
        found, _ = trained(checkpoint)
    except BadData as error:
        raise BadData(
            f"{error} --checkpoint takes a checkpoint.pt that `memnets train` or `memnets study "
            "run` wrote; without it, training begins at the start."
        ) from error
    if found.id != trial.id:
        raise BadData(
            f"{checkpoint} is of another trial ({found.model_label} on {found.task_label}, seed "
            f"{found.seed}): ask for the same model, task and procedure, or leave it out."
        )
    store.declare(study)
    store.begin(trial)
    recorder = FolderRecorder(store, trial)
    for line in read_lines(checkpoint.with_name("metrics.jsonl")):
        recorder.row(json.loads(line))
    recorder.save(checkpoint.read_bytes())


def _save(trial: Trial, home: Path) -> None:
    from studies.procedures.trained import trained

    from ..saved import save

    _, network = trained(home / "checkpoint.pt")
    task = trial.task.build()
    save(home / "model.pt", network, trial.model, **task.network_sizes)


def values(options: Options) -> dict[str, Any]:
    """Options as they were typed, their values read as JSON where they are that."""
    return {name: _value(text) for name, text in options.items()}


def _value(text: str) -> Any:
    try:
        return json.loads({"True": "true", "False": "false", "None": "null"}.get(text, text))
    except ValueError:
        return text
