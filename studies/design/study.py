"""A study: a question, and the factors whose combinations are the trials that answer it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, TypeAlias, TypeVar

from memnets.registry import Registry
from memnets.spec import ModelSpec

from ..procedures.base import Procedure, check_procedure
from .data import BadData, build
from .search import Search, Setting
from .settings import is_sequence, require
from .trial import TaskSpec, Trial
from .tuned import check_tuning, compared, searched

# the registered functions take no arguments and return a Study
studies: Registry[Callable[[], Study]] = Registry("memnets.studies", home="studies.catalog")

Own: TypeAlias = Mapping[str | tuple[str, str], Mapping[str, Any] | Procedure]


T = TypeVar("T")


@dataclass(frozen=True)
class Study:
    """Every task × every model × every seed, all made in the same way.

    The keys of `tasks` and `models` are what reports call them. A model whose sizes depend on the
    task is a mapping from every task's key to its own ModelSpec. `own` has the fields of the
    procedure that differ on a task, by its key, or for one model on it, by both keys; or another
    procedure in its place.

    With `tuning`, settings are searched first, for each model on each task alike, and the
    comparison is made with the best of each: `choices`, which running the study finds out.
    """

    name: str
    question: str
    tasks: Mapping[str, TaskSpec]
    models: Mapping[str, ModelSpec | Mapping[str, ModelSpec]]
    procedure: Procedure
    own: Own = field(default_factory=dict)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    tuning: Search | None = None
    choices: Mapping[tuple[str, str], Setting] | None = None

    def __post_init__(self) -> None:
        require(_is_folder_name(self.name), self, "a study's", "name", FOLDER_NAME)
        require(isinstance(self.question, str), self, "a study's", "question", "text")
        self._check_factors()
        self._check_own()
        given = isinstance(self.choices, Mapping | None)
        require(given, self, f"study {self.name!r}:", "choices", "settings by task and model")
        check_tuning(self)
        seen: dict[str, Trial] = {}
        for trial in self.trials():
            twin = seen.setdefault(trial.id, trial)
            if twin is not trial:
                raise BadData(
                    f"study {self.name!r}: {_name(twin)} and {_name(trial)} are the same trial."
                )

    def procedure_of(self, task: str, model: str) -> Procedure:
        """How trials of the model of that key on the task of that key are made."""
        found = self.procedure
        for key in (task, (task, model)):
            own = self.own.get(key, {})
            found = own if isinstance(own, Procedure) else self.changed(found, own, task)
        return found

    def with_procedure(self, procedure: Procedure) -> Study:
        """The study with that procedure; what differs from the old one holds for every trial."""
        before = _settings(self.procedure)
        changed = {
            name
            for name, value in _settings(procedure).items()
            if name not in before or value != before[name]
        }
        own = {key: _without(changed, fields) for key, fields in self.own.items()}
        return replace(self, procedure=procedure, own=own)

    def part(self, tasks: Iterable[str] = (), models: Iterable[str] = ()) -> Study:
        """The study of some tasks and models, by their names or patterns such as "ntm*"; () is all.

        Raises BadData for a pattern that none has.
        """
        kept_tasks = _matching(self.tasks, tuple(tasks), "tasks")
        kept = _matching(self.models, tuple(models), "models")
        own: Own = {
            key: fields
            for key, fields in self.own.items()
            if _of(key)[0] in kept_tasks and set(_of(key)[1:]) <= set(kept)
        }
        per_task = {
            name: model
            if isinstance(model, ModelSpec)
            else {task: own_spec for task, own_spec in model.items() if task in kept_tasks}
            for name, model in kept.items()
        }
        tuning = self.tuning
        if tuning is not None:
            searched = {name: space for name, space in tuning.own.items() if name in kept}
            tuning = replace(tuning, own=searched)
        return replace(self, tasks=kept_tasks, models=per_task, own=own, tuning=tuning)

    def trials(self) -> Iterator[Trial]:
        """All trials that are known; seed by seed, so that a study cut short compares all models.

        A search comes first. The trials that compare what it chooses are known with `choices`.
        """
        if self.tuning is not None:
            yield from searched(self, self.tuning)
        if self.tuning is None or self.choices is not None:
            yield from compared(self, self.choices or {})

    def expected(self) -> Iterator[Trial]:
        """All trials, those of the comparison untuned where what they are is not known yet."""
        yield from self.trials()
        if self.tuning is not None and self.choices is None:
            yield from compared(self, {})

    def model_of(self, task: str, model: str) -> ModelSpec:
        """The model of that key on the task of that key, before any search."""
        found = self.models[model]
        return found if isinstance(found, ModelSpec) else found[task]

    def changed(self, procedure: Procedure, fields: Mapping[str, Any], task: str) -> Procedure:
        """The procedure with other values of some fields, on a task."""
        where = f"study {self.name!r}, own on {task!r}"
        return build(type(procedure), {**_settings(procedure), **fields}, where)

    def _check_factors(self) -> None:
        owner = f"study {self.name!r}:"
        require(isinstance(self.tasks, Mapping), self, owner, "tasks", "names and TaskSpecs")
        require(isinstance(self.models, Mapping), self, owner, "models", "names and ModelSpecs")
        require(is_sequence(self.seeds), self, owner, "seeds", "whole numbers, such as (0, 1, 2)")
        object.__setattr__(self, "seeds", tuple(self.seeds))
        for factor in ("tasks", "models", "seeds"):
            if not len(getattr(self, factor)):
                raise BadData(f"study {self.name!r}: it needs at least one of its {factor}.")
        check_procedure(self.procedure, f"{owner} ")
        for label in (*self.tasks, *self.models):
            if not isinstance(label, str):
                raise BadData(f"{owner} {label!r} names a task or a model; names are text.")
        for label, task in self.tasks.items():
            if not isinstance(task, TaskSpec):
                raise BadData(
                    f"{owner} task {label!r} is {task!r:.60}; a TaskSpec is needed, such as "
                    'TaskSpec("copy").'
                )
        for label, model in self.models.items():
            self._check_model(label, model)

    def _check_model(self, label: str, model: Any) -> None:
        if isinstance(model, ModelSpec):
            return
        owner = f"study {self.name!r}: model {label!r}"
        if not isinstance(model, Mapping) or not all(
            isinstance(own, ModelSpec) for own in model.values()
        ):
            raise BadData(
                f"{owner} is {model!r:.60}; a ModelSpec is needed, or one for every task."
            )
        if set(model) != set(self.tasks):
            raise BadData(
                f"{owner} is given for the tasks {sorted(model)}, the study's are "
                f"{sorted(self.tasks)}."
            )

    def _check_own(self) -> None:
        require(isinstance(self.own, Mapping), self, f"study {self.name!r}:", "own", OWN)
        for key, fields in self.own.items():
            task, *one = key if isinstance(key, tuple) and key else [key]
            if task not in self.tasks or len(one) > 1 or not set(one) <= set(self.models):
                raise BadData(
                    f"study {self.name!r}: own is given for {key!r}, the study's tasks "
                    f"are {sorted(self.tasks)}, its models {sorted(self.models)}."
                )
            if not isinstance(fields, Mapping | Procedure):
                raise BadData(f"study {self.name!r}: own of {key!r} is {fields!r:.60}, not {OWN}.")


FOLDER_NAME = "a name for a folder: text without slashes and control characters, not . or .."
OWN = "fields of the procedure and their values, or a procedure, by task or by task and model"


def _is_folder_name(name: Any) -> bool:
    if not isinstance(name, str) or name != name.strip() or name in ("", ".", ".."):
        return False
    return name.isprintable() and not {"/", "\\"} & set(name) and len(name.encode()) <= 200


def _settings(procedure: Procedure) -> dict[str, Any]:
    names = [item.name for item in dataclasses.fields(procedure)]
    return {name: getattr(procedure, name) for name in names}


def _without(names: set[str], own: Mapping[str, Any] | Procedure) -> Any:
    """What a task has of its own, without fields of those names; another procedure stays."""
    if isinstance(own, Procedure):
        return own
    return {name: value for name, value in own.items() if name not in names}


def _name(trial: Trial) -> str:
    return f"{trial.task_label} with {trial.model_label}, seed {trial.seed},"


def _matching(factor: Mapping[str, T], patterns: tuple[str, ...], what: str) -> dict[str, T]:
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in factor):
            raise BadData(f"none of the {what} is {pattern!r}; they are {', '.join(factor)}.")
    wanted = patterns or ("*",)
    return {n: part for n, part in factor.items() if any(fnmatchcase(n, w) for w in wanted)}


def _of(key: str | tuple[str, str]) -> tuple[str, ...]:
    return (key,) if isinstance(key, str) else key
