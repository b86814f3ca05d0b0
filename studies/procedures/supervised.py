"""Supervised training on batches of a task, tested on a grid of lengths: its settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from envs.tasks.base import Task
from memnets.registry import Registry, regularisers

from ..design.data import BadData, build, plain
from ..design.settings import check_number, check_one_of, check_whole, require
from .base import Outcome, Procedure, Recorder, Row, procedures
from .clock import CLOCKS, PROCESSOR, WALL
from .curriculum import AnyCurriculum, curriculum_of
from .distillation import Distillation
from .fine_tuning import FineTuning
from .lengths import trained_lengths
from .optimisers import check_optimiser, require_taken
from .selection import Averaging, Budget, FallingRate, RateSchedule, Restarts, Selection
from .training_settings import (
    TEST_DEFAULTS,
    TEST_KEY,
    backend_parts,
    check_training,
    share_done,
    tested_lengths,
    training_line,
)

if TYPE_CHECKING:
    from memnets.spec import ModelSpec

    from ..design.trial import Trial

STEERED: Mapping[str, type[Any]] = MappingProxyType(
    {
        "budget": Budget,
        "selection": Selection,
        "restarts": Restarts,
        "averaging": Averaging,
        "schedule": RateSchedule,
        "falling_rate": FallingRate,
        "distillation": Distillation,
        "fine_tuning": FineTuning,
    }
)
"""Fields that are None or settings of what steers a training, and their classes."""


@procedures.register("supervised")
@dataclass(frozen=True, kw_only=True)
class Supervised(Procedure):
    """Train a model on a task's batches, and test it at fixed lengths.

    `test_lengths` of None means the task's own grid. With `solved_errors`, a trial is solved, and
    stops, when the test errors per sequence, averaged over those test lengths that lie within the
    trained ones, are at or below it at two evaluations in a row; the first of the two counts as
    the time to solve. `regularisers` maps registered names to their options. Gradients are those of
    a mean over the batch. `budget` ends a training by seconds, by sequences or where it stands
    still, `selection` keeps the best network and says by which test it is judged,
    `restarts` gives a trial that does not learn another seed, `averaging` tests averaged weights,
    `schedule` plans the learning rate, `falling_rate` lowers it once the task is learned, and
    `distillation` adds what a trained teacher answers, and `fine_tuning` begins with trained
    weights.
    """

    row_key: ClassVar = TEST_KEY
    score: ClassVar = "accuracy"
    row_defaults: ClassVar = TEST_DEFAULTS

    updates: int = 1_000
    batch_size: int = 16
    learning_rate: float = 1e-3
    optimiser: str = "adam"
    """adam, adamw, rmsprop; graves_rmsprop as in Graves (2013); sgd with momentum (RL-NTM)."""
    momentum: float | None = None
    """Of rmsprop (0 by default), graves_rmsprop and sgd (0.9)."""
    weight_decay: float = 0.0
    """adamw shrinks weights by it, apart from the gradient; all others add it to the gradient."""
    accumulate: int = 1
    """Batches whose gradients are averaged for an update: one of `accumulate` × `batch_size`."""
    clip_norm: float | None = 10.0
    """The largest norm of a gradient; None clips nothing."""
    skip_norm: float | None = None
    """With a number, an update whose gradient has a larger norm, or one that is no number, is left
    out; column `skipped` of rows of training is the share of those."""
    baseline_clip_norm: float | None = None
    """With a number, the estimator's own parameters, those of a learned baseline, are clipped apart
    at that norm, and all others at clip_norm (RL-NTM: 2 beside 5; 5 beside 2 in its code)."""
    clock: str = WALL
    """By which seconds of training count, in rows and in a budget: wall; or processor, for equal
    time on a machine that has other work, which counts all threads, and is for a CPU alone."""
    evaluate_every: int = 100
    test_lengths: tuple[int, ...] | None = None
    test_sequences: int = 64
    solved_errors: float | None = None
    curriculum: AnyCurriculum | None = None
    budget: Budget | None = None
    selection: Selection | None = None
    restarts: Restarts | None = None
    averaging: Averaging | None = None
    schedule: RateSchedule | None = None
    falling_rate: FallingRate | None = None
    distillation: Distillation | None = None
    fine_tuning: FineTuning | None = None
    regularisers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    backend: str = "auto"
    """auto: the fastest that takes the model. fused: kernels for the network's device. compiled:
    torch.compile of a step, about 20 s per batch size. reference: the plain loop."""

    def __post_init__(self) -> None:
        check_training(self)
        check_whole(self, accumulate=1)
        check_one_of(self, "", "clock", CLOCKS)
        check_number(self, "", "weight_decay", least=0)
        for name in ("clip_norm", "baseline_clip_norm", "skip_norm"):
            if getattr(self, name) is not None:
                check_number(self, "", name, above=0)
        if self.momentum is not None:
            check_number(self, "", "momentum", least=0)
            require(self.momentum < 1, self, "", "momentum", "below 1")
        check_optimiser(self.optimiser, self.momentum)
        if not isinstance(self.curriculum, AnyCurriculum | None):
            object.__setattr__(self, "curriculum", curriculum_of(self.curriculum))
        for name, make in STEERED.items():
            if not isinstance(given := getattr(self, name), make | None):
                object.__setattr__(self, name, build(make, given, name))
        object.__setattr__(self, "regularisers", _terms(self.regularisers))

    def takes(self, task: Any) -> Mapping[str, Any]:
        """The task's shortest and longest trained lengths."""
        low, high = trained_lengths(task, "supervised training")
        self.lengths(task)
        if self.curriculum:
            self.curriculum.check(task)
        return {"min_length": low, "max_length": high}

    def lengths(self, task: Task) -> tuple[int, ...]:
        """The grid of lengths to test at; raises BadData where it cannot tell solved from not."""
        return tested_lengths(self, task)

    def require_model(self, model: ModelSpec) -> None:
        """Raise BadData for sparse gradients that the optimiser does not take."""
        require_taken(model, self.optimiser, self.weight_decay)

    def require_device(self, device: str) -> None:
        """Raise BadData for a clock that does not see what the device computes."""
        if self.clock == PROCESSOR and device != "cpu":
            raise BadData(
                f"clock {PROCESSOR!r} does not see what a device computes: on {device} take "
                f"{WALL!r}."
            )

    def parts(self) -> Iterator[tuple[str, Registry[Any], str]]:
        """The regularisers, and a backend of another package."""
        yield from (("regulariser", regularisers, name) for name in self.regularisers)
        yield from backend_parts(self)

    def run(self, trial: Trial, recorder: Recorder) -> Outcome:
        """Train and test; goes on from the last evaluation. Raises Diverged."""
        from .training import train

        return train(trial, self, recorder)

    def continues(self, earlier: Procedure) -> bool:
        """Whether the other one made fewer updates, and nothing asks how many there are."""
        from .longer import continues

        return isinstance(earlier, Supervised) and continues(self, earlier)

    def anew_for(self, earlier: Procedure) -> tuple[str, ...]:
        """What acts at the end of a training, or asks how long it is."""
        from .longer import anew_for

        return anew_for(self, earlier) if isinstance(earlier, Supervised) else ()

    def keeps(self, row: Row, facts: Mapping[str, Any]) -> bool:
        """Not the controls, tested at the end, unless the shorter training was solved."""
        from memnets.addressing import SLOW_CONTROLS

        return facts.get("solved") is not None or row.get("address") not in SLOW_CONTROLS

    def taken_over(self, checkpoint: bytes, trial: Trial) -> bytes:
        """A shorter trial's last checkpoint, which this one goes on from as its parent."""
        from .longer import taken_over

        return taken_over(checkpoint, trial)

    def seconds_needed(self, trial: Trial, device: str) -> float:
        """Of all updates and tests, from a few of them; with `solved_errors` it may be less."""
        from .time_needed import seconds_needed

        return seconds_needed(trial, self, device)

    def progress(self, row: Row) -> str:
        """Updates, speed and bits per sequence, after a row of training."""
        return training_line(self, row)

    def share_done(self, row: Row) -> float | None:
        """The share of its updates, or of its budget, after a row of training."""
        return share_done(self, row)


def _terms(regularisers: Any) -> dict[str, Any]:
    terms = plain(regularisers, "regularisers")
    for name, options in terms.items():
        if not isinstance(options, dict):
            raise BadData(
                f"regularisers: {name!r} is given {options!r:.40}; options are a mapping, such as "
                '{"weight": 0.1}.'
            )
    return terms
