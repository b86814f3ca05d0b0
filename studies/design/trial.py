"""A trial: one task, one model, one procedure and one seed, as data with an identity."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from memnets.spec import ModelSpec

from ..procedures.base import Procedure, check_procedure
from .data import BadData, build, canonical, plain
from .identity import current, earlier, identity
from .settings import require, seed_of

if TYPE_CHECKING:
    from envs.tasks.base import Task


@dataclass(frozen=True)
class TaskSpec:
    """A task as data: its registered name and its options."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require(isinstance(self.name, str), self, "task", "name", "a registered name")
        object.__setattr__(self, "options", plain(self.options, f"task {self.name!r}"))

    def __hash__(self) -> int:
        return hash((self.name, canonical(self.options)))

    @staticmethod
    def of_file(path: str, **options: Any) -> TaskSpec:
        """The task of one's own sequences in a .npz file (`envs.tasks.arrays.Arrays`).

        Trials on it are of what the file holds, wherever it lies. Raises BadData where there is no
        such file.
        """
        from envs.tasks.base import OWN_SEQUENCES
        from envs.tasks.files import BadFile, sha256_of

        try:
            own = {"path": path, "path_sha256": sha256_of(path)}
        except BadFile as error:
            raise BadData(str(error)) from error
        return TaskSpec(OWN_SEQUENCES, {**own, **options})

    def build(self) -> Task:
        """The task itself; raises UnknownName, or BadData naming an option that does not exist."""
        from envs.tasks import make_task

        try:
            return make_task(self.name, **self.options)
        except (TypeError, ValueError) as error:
            raise BadData(f"task {error}") from error


@dataclass(frozen=True)
class Trial:
    """One cell of a study's design: what is made, on what, how, and from which seed.

    The labels are what the study calls the task and the model. They are stored with the trial but
    are no part of its `id`: a new name is not a new experiment.
    """

    task: TaskSpec
    model: ModelSpec
    procedure: Procedure
    seed: int = 0
    task_label: str = ""
    model_label: str = ""
    stored_id: str | None = field(default=None, init=False, repr=False, compare=False)
    """The id under which an earlier version stored this trial, None for trials of today."""

    def __post_init__(self) -> None:
        spec = isinstance(self.task, TaskSpec)
        require(spec, self, "", "task", 'a TaskSpec, such as TaskSpec("copy")')
        spec = isinstance(self.model, ModelSpec)
        require(spec, self, "", "model", 'a ModelSpec, such as ModelSpec("ntm")')
        check_procedure(self.procedure, "")
        object.__setattr__(self, "seed", seed_of(self.seed))
        for name in ("task_label", "model_label"):
            require(isinstance(getattr(self, name), str), self, "", name, "text")
        object.__setattr__(self, "task_label", self.task_label or self.task.name)
        object.__setattr__(self, "model_label", self.model_label or self.model.label)

    def __str__(self) -> str:
        """For messages: labels and seed."""
        return f"{self.model_label} on {self.task_label}, seed {self.seed}"

    @property
    def id(self) -> str:
        """Twelve hexadecimal digits of the SHA-256 of everything that decides the result."""
        return self.stored_id or self._identity

    @functools.cached_property
    def _identity(self) -> str:
        return identity(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """The trial as plain JSON types."""
        return {
            "task": {"name": self.task.name, "options": dict(self.task.options)},
            "model": self.model.to_json(),
            "procedure": self.procedure.to_json(),
            "seed": self.seed,
            "task_label": self.task_label,
            "model_label": self.model_label,
        }

    @staticmethod
    def from_json(
        data: Any,
        where: str = "trial",
        procedure: Callable[[Any, str], Procedure] = Procedure.from_json,
    ) -> Trial:
        """The trial that `to_json` described; raises BadData naming `where` and the field.

        `procedure` reads that part; by default it raises a registry's error for a procedure that
        is not installed.
        """
        before = earlier(data)
        if before is not None:
            data = current(data, where)
        shell = build(_Fields, data, where)
        try:
            model = ModelSpec.from_json(shell.model)
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            raise BadData(f"{where}, model: {error}") from error
        parts = {
            "task": build(TaskSpec, shell.task, f"{where}, task"),
            "model": model,
            "procedure": procedure(shell.procedure, f"{where}, procedure"),
        }
        trial = build(Trial, {**data, **parts}, where)
        object.__setattr__(trial, "stored_id", before)
        return trial


@dataclass(frozen=True)
class _Fields:
    """The top level of a stored trial, before its parts are read."""

    task: Any
    model: Any
    procedure: Any
    seed: int
    task_label: str = ""
    model_label: str = ""
