"""A trial: one task, one model, one way of training and one seed, as data with an identity."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from memnets.backends import require_backend
from memnets.spec import ModelSpec

from .data import BadData, build, canonical, fingerprint, hint, plain

if TYPE_CHECKING:
    from envs.tasks.base import Task

OPTIMISERS = ("adam", "rmsprop", "graves_rmsprop")

# one row of results: step, sequences, seconds, kind ("train" or "test"), length, and metrics
Row: TypeAlias = dict[str, Any]


class Outcome(NamedTuple):
    """What a procedure returns when its rows are all yielded.

    `facts` go to done.json (parameters, state_size, seconds, updates, sequences, solved, …), the
    arrays of `trace` to trace.npz.
    """

    facts: Mapping[str, Any]
    trace: Mapping[str, Any]


@dataclass(frozen=True)
class TaskSpec:
    """A task as data: its registered name and its options."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", plain(self.options, f"task {self.name!r}"))

    def __hash__(self) -> int:
        return hash((self.name, canonical(self.options)))

    def build(self) -> Task:
        """The task itself; raises UnknownName, or BadData naming an option that does not exist."""
        from envs.tasks import make_task

        try:
            return make_task(self.name, **self.options)
        except (TypeError, ValueError) as error:
            raise BadData(f"task {error}") from error


@dataclass(frozen=True)
class Curriculum:
    """Grow the longest trained length from `start` to the task's own, `grow` at a time.

    It grows at every evaluation whose training sequences, those since the evaluation before, had
    at most `errors` wrong bits (or symbols) each on average. Batches then depend on how well the
    model does, so models of one seed no longer see the same ones.
    """

    start: int = 1
    grow: int = 1
    errors: float = 1.0

    def __post_init__(self) -> None:
        _require(self.start >= 1, "curriculum start", self.start, "at least 1")
        _require(self.grow >= 1, "curriculum grow", self.grow, "at least 1")
        _require(self.errors >= 0, "curriculum errors", self.errors, "zero or more")


@dataclass(frozen=True)
class Training:
    """How a model is trained and tested; every field is part of a trial's identity.

    `test_lengths` of None means the task's own grid. With `solved_errors`, a trial is solved, and
    stops, when the test errors per sequence, averaged over those test lengths that lie within the
    trained ones, are at or below it at two evaluations in a row; the first of the two counts as
    the time to solve. `regularisers` maps registered names to their options.
    """

    updates: int = 1_000
    batch_size: int = 16
    learning_rate: float = 1e-3
    optimiser: str = "adam"
    clip_norm: float = 10.0
    evaluate_every: int = 100
    test_lengths: tuple[int, ...] | None = None
    test_sequences: int = 64
    solved_errors: float | None = None
    curriculum: Curriculum | None = None
    regularisers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    backend: str = "auto"
    """auto: fused where it covers the model, else reference. fused: kernels for the processor.
    compiled: torch.compile of a step, about 20 s per batch size. reference: the plain loop."""

    def __post_init__(self) -> None:
        for name in ("updates", "batch_size", "evaluate_every", "test_sequences"):
            value = getattr(self, name)
            whole = isinstance(value, int) and not isinstance(value, bool) and value >= 1
            _require(whole, name, value, "a whole number, at least 1")
        for name in ("learning_rate", "clip_norm"):
            value = getattr(self, name)
            _require(_number(value) and 0 < value < float("inf"), name, value, "above zero")
        if self.optimiser not in OPTIMISERS:
            near = hint(str(self.optimiser), list(OPTIMISERS))
            raise BadData(f"no optimiser {self.optimiser!r}.{near}")
        try:
            require_backend(self.backend)
        except ValueError as error:
            raise BadData(f"{error}.") from error
        solved = self.solved_errors
        _require(
            solved is None or (_number(solved) and solved >= 0),
            "solved_errors",
            solved,
            "zero or more",
        )
        if self.test_lengths is not None:
            lengths = tuple(self.test_lengths)
            good = bool(lengths) and all(isinstance(n, int) and n >= 1 for n in lengths)
            _require(good, "test_lengths", lengths, "whole numbers, at least 1")
            object.__setattr__(self, "test_lengths", lengths)
        object.__setattr__(self, "regularisers", plain(self.regularisers, "regularisers"))
        if isinstance(self.curriculum, dict):
            curriculum = build(Curriculum, self.curriculum, "curriculum")
            object.__setattr__(self, "curriculum", curriculum)


@dataclass(frozen=True)
class Trial:
    """One cell of a study's design: what is trained, on what, how, and from which seed.

    The labels are what the study calls the task and the model. They are stored with the trial but
    are no part of its `id`: a new name is not a new experiment.
    """

    task: TaskSpec
    model: ModelSpec
    training: Training = field(default_factory=Training)
    seed: int = 0
    procedure: str = "studies.procedures.supervised:train"
    task_label: str = ""
    model_label: str = ""

    def __post_init__(self) -> None:
        whole = isinstance(self.seed, int) and not isinstance(self.seed, bool) and self.seed >= 0
        _require(whole, "seed", self.seed, "a whole number, zero or more")
        object.__setattr__(self, "task_label", self.task_label or self.task.name)
        object.__setattr__(self, "model_label", self.model_label or self.model.label)

    @property
    def id(self) -> str:
        """Twelve hexadecimal digits of the SHA-256 of everything that decides the result."""
        data = self.to_json()
        return fingerprint({name: data[name] for name in data if not name.endswith("_label")})

    def to_json(self) -> dict[str, Any]:
        """The trial as plain JSON types."""
        return {
            "task": {"name": self.task.name, "options": dict(self.task.options)},
            "model": self.model.to_json(),
            "training": plain(dataclasses.asdict(self.training), "training"),
            "seed": self.seed,
            "procedure": self.procedure,
            "task_label": self.task_label,
            "model_label": self.model_label,
        }

    @staticmethod
    def from_json(data: Any, where: str = "trial") -> Trial:
        """The trial that `to_json` described; raises BadData naming `where` and the field."""
        shell = build(_Fields, data, where)
        try:
            model = ModelSpec.from_json(shell.model)
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            raise BadData(f"{where}, model: {error}") from error
        parts = {
            "task": build(TaskSpec, shell.task, f"{where}, task"),
            "model": model,
            "training": build(Training, shell.training, f"{where}, training"),
        }
        return build(Trial, {**data, **parts}, where)


@dataclass(frozen=True)
class _Fields:
    """The top level of a stored trial, before its parts are read."""

    task: Any
    model: Any
    training: Any
    seed: int
    procedure: str
    task_label: str = ""
    model_label: str = ""


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _require(holds: bool, name: str, value: Any, wanted: str) -> None:
    if not holds:
        raise BadData(f"{name} is {value!r}; it must be {wanted}.")
