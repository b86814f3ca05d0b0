"""Supervised training on batches of a task, tested on a grid of lengths: its settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from envs.tasks.base import Task
from memnets.backends import require_backend
from memnets.registry import Registry, backends, regularisers

from ..design.data import BadData, build, hint, plain
from ..design.settings import check_number, check_whole, check_wholes, require
from .base import Outcome, Procedure, Recorder, Row, procedures
from .clock import clock
from .curriculum import Curriculum
from .lengths import trained_lengths

if TYPE_CHECKING:
    from ..design.trial import Trial

OPTIMISERS = ("adam", "rmsprop", "graves_rmsprop")


@procedures.register("supervised")
@dataclass(frozen=True, kw_only=True)
class Supervised(Procedure):
    """Train a model on a task's batches, and test it at fixed lengths.

    `test_lengths` of None means the task's own grid. With `solved_errors`, a trial is solved, and
    stops, when the test errors per sequence, averaged over those test lengths that lie within the
    trained ones, are at or below it at two evaluations in a row; the first of the two counts as
    the time to solve. `regularisers` maps registered names to their options.
    """

    row_key: ClassVar = ("kind", "step", "length")

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
    """auto: the fastest that takes the model. fused: kernels for the network's device. compiled:
    torch.compile of a step, about 20 s per batch size. reference: the plain loop."""

    def __post_init__(self) -> None:
        check_whole(self, updates=1, batch_size=1, evaluate_every=1, test_sequences=1)
        check_number(self, "", "learning_rate", "clip_norm", above=0)
        if self.optimiser not in OPTIMISERS:
            near = hint(str(self.optimiser), list(OPTIMISERS))
            raise BadData(f"no optimiser {self.optimiser!r}.{near}")
        require(isinstance(self.backend, str), self, "", "backend", "a backend's name")
        try:
            require_backend(self.backend)
        except ValueError as error:
            raise BadData(f"{error}.") from error
        if self.solved_errors is not None:
            check_number(self, "", "solved_errors", least=0)
        if self.test_lengths is not None:
            check_wholes(self, "", "test_lengths", least=1)
        if self.curriculum is not None and not isinstance(self.curriculum, Curriculum):
            curriculum = build(Curriculum, self.curriculum, "curriculum")
            object.__setattr__(self, "curriculum", curriculum)
        object.__setattr__(self, "regularisers", _terms(self.regularisers))

    def takes(self, task: Any) -> Mapping[str, Any]:
        """The task's shortest and longest trained lengths."""
        low, high = trained_lengths(task, "supervised training")
        self.lengths(task)
        return {"min_length": low, "max_length": high}

    def lengths(self, task: Task) -> tuple[int, ...]:
        """The grid of lengths to test at; raises BadData where it cannot tell solved from not."""
        low, high = task.lengths
        lengths = self.test_lengths or tuple(task.test_lengths)
        if self.solved_errors is not None and not any(low <= n <= high for n in lengths):
            raise BadData(
                f"test_lengths {lengths} has none of the trained lengths, {low} to {high}, at "
                "which solved_errors is judged: add one, or set solved_errors to None."
            )
        return lengths

    def parts(self) -> Iterator[tuple[str, Registry[Any], str]]:
        """The regularisers, and a backend of another package."""
        yield from (("regulariser", regularisers, name) for name in self.regularisers)
        if not backends.is_built_in(self.backend):
            yield "backend", backends, self.backend

    def run(self, trial: Trial, recorder: Recorder) -> Outcome:
        """Train and test; goes on from the last evaluation. Raises Diverged."""
        from .training import train

        return train(trial, self, recorder)

    def progress(self, row: Row) -> str:
        """Updates, speed, bits per sequence and the time left, after a row of training."""
        if row["kind"] != "train":
            return ""
        step, seconds = row["step"], row["seconds"]
        left = (self.updates - step) * seconds / step
        speed = row["sequences"] / max(seconds, 1e-9)
        parts = [f"{step}/{self.updates}", f"{speed:,.0f} sequences/s", f"{row['bits']:.2f} bits"]
        return "  ".join([*parts, f"{clock(left)} left"])


def _terms(regularisers: Any) -> dict[str, Any]:
    terms = plain(regularisers, "regularisers")
    for name, options in terms.items():
        if not isinstance(options, dict):
            raise BadData(
                f"regularisers: {name!r} is given {options!r:.40}; options are a mapping, such as "
                '{"weight": 0.1}.'
            )
    return terms
