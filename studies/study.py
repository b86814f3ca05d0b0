"""A study: a question, and the factors whose combinations are the trials that answer it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from memnets.registry import Registry
from memnets.spec import ModelSpec

from .data import BadData, build
from .trial import TaskSpec, Training, Trial

# the registered functions take no arguments and return a Study
studies: Registry[Callable[[], Study]] = Registry("memnets.studies", home="studies.catalog")


@dataclass(frozen=True)
class Study:
    """Every task × every model × every seed, all trained alike.

    The keys of `tasks` and `models` are what reports call them. A model whose sizes depend on the
    task is a mapping from every task's key to its own ModelSpec. `task_training` has, by a task's
    key, the fields of `training` that are otherwise there. `procedure` names the generator function
    that turns a trial into rows, as "package.module:name".
    """

    name: str
    question: str
    tasks: Mapping[str, TaskSpec]
    models: Mapping[str, ModelSpec | Mapping[str, ModelSpec]]
    training: Training = field(default_factory=Training)
    task_training: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    procedure: str = "studies.training:train"

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
        for label in self.task_training:
            if label not in self.tasks:
                raise BadData(
                    f"study {self.name!r}: task_training is given for {label!r}, the study's "
                    f"tasks are {sorted(self.tasks)}."
                )
        seen: dict[str, Trial] = {}
        for trial in self.trials():
            twin = seen.setdefault(trial.id, trial)
            if twin is not trial:
                raise BadData(
                    f"study {self.name!r}: {_name(twin)} and {_name(trial)} are the same trial."
                )

    def training_of(self, task: str) -> Training:
        """How the models are trained on the task of that key."""
        fields = {**vars(self.training), **self.task_training.get(task, {})}
        return build(Training, fields, f"study {self.name!r}, task_training of {task!r}")

    def with_training(self, training: Training) -> Study:
        """The study with that training; what differs from its own holds for every task."""
        before = vars(self.training)
        changed = {name for name, value in vars(training).items() if value != before[name]}
        own = {
            task: {name: value for name, value in changes.items() if name not in changed}
            for task, changes in self.task_training.items()
        }
        return replace(self, training=training, task_training=own)

    def trials(self) -> Iterator[Trial]:
        """All trials; seed by seed, so that a study cut short has compared all models."""
        for seed in self.seeds:
            for task_label, task in self.tasks.items():
                for model_label, model in self.models.items():
                    model = model if isinstance(model, ModelSpec) else model[task_label]
                    yield Trial(
                        task=task,
                        model=model,
                        training=self.training_of(task_label),
                        seed=seed,
                        procedure=self.procedure,
                        task_label=task_label,
                        model_label=model_label,
                    )


def _name(trial: Trial) -> str:
    return f"{trial.task_label} with {trial.model_label}, seed {trial.seed},"
