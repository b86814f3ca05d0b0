"""A study: a question, and the factors whose combinations are the trials that answer it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from memnets.registry import Registry
from memnets.spec import ModelSpec

from .data import BadData, build
from .trial import TaskSpec, Training, Trial

# the registered functions take no arguments and return a Study
studies: Registry[Callable[[], Study]] = Registry("memnets.studies", home="studies.catalog")

OwnTraining: TypeAlias = Mapping[str | tuple[str, str], Mapping[str, Any]]


@dataclass(frozen=True)
class Study:
    """Every task × every model × every seed, all trained alike.

    The keys of `tasks` and `models` are what reports call them. A model whose sizes depend on the
    task is a mapping from every task's key to its own ModelSpec. `own_training` has the fields of
    `training` that differ on a task, by its key, or for one model on it, by both keys. `procedure`
    names the generator function that turns a trial into rows, as "package.module:name".
    """

    name: str
    question: str
    tasks: Mapping[str, TaskSpec]
    models: Mapping[str, ModelSpec | Mapping[str, ModelSpec]]
    training: Training = field(default_factory=Training)
    own_training: OwnTraining = field(default_factory=dict)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    procedure: str = "studies.procedures.supervised:train"

    def __post_init__(self) -> None:
        object.__setattr__(self, "seeds", tuple(self.seeds))
        for factor in ("tasks", "models", "seeds"):
            if not getattr(self, factor):
                raise BadData(f"study {self.name!r}: it needs at least one of its {factor}.")
        for label, model in self.models.items():
            if not isinstance(model, ModelSpec) and set(model) != set(self.tasks):
                raise BadData(
                    f"study {self.name!r}: model {label!r} is given for the tasks "
                    f"{sorted(model)}, the study's are {sorted(self.tasks)}."
                )
        for key in self.own_training:
            task, *one = [key] if isinstance(key, str) else key
            if task not in self.tasks or not set(one) <= set(self.models):
                raise BadData(
                    f"study {self.name!r}: own_training is given for {key!r}, the study's tasks "
                    f"are {sorted(self.tasks)}, its models {sorted(self.models)}."
                )
        seen: dict[str, Trial] = {}
        for trial in self.trials():
            twin = seen.setdefault(trial.id, trial)
            if twin is not trial:
                raise BadData(
                    f"study {self.name!r}: {_name(twin)} and {_name(trial)} are the same trial."
                )

    def training_of(self, task: str, model: str) -> Training:
        """How the model of that key is trained on the task of that key."""
        fields = dict(vars(self.training))
        for key in (task, (task, model)):
            fields |= self.own_training.get(key, {})
        return build(Training, fields, f"study {self.name!r}, own_training on {task!r}")

    def with_training(self, training: Training) -> Study:
        """The study with that training; what differs from the old one holds for every trial."""
        before = vars(self.training)
        changed = {name for name, value in vars(training).items() if value != before[name]}
        own = {
            key: {name: value for name, value in fields.items() if name not in changed}
            for key, fields in self.own_training.items()
        }
        return replace(self, training=training, own_training=own)

    def trials(self) -> Iterator[Trial]:
        """All trials; seed by seed, so that a study cut short has compared all models."""
        for seed in self.seeds:
            for task_label, task in self.tasks.items():
                for model_label, model in self.models.items():
                    model = model if isinstance(model, ModelSpec) else model[task_label]
                    yield Trial(
                        task=task,
                        model=model,
                        training=self.training_of(task_label, model_label),
                        seed=seed,
                        procedure=self.procedure,
                        task_label=task_label,
                        model_label=model_label,
                    )


def _name(trial: Trial) -> str:
    return f"{trial.task_label} with {trial.model_label}, seed {trial.seed},"
