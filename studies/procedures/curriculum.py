"""Curricula: short sequences first, by batch or sequence by sequence, and where a trial stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from envs.tasks.base import Batch, Task

from ..design.data import BadData, build
from ..design.settings import check_number, check_one_of, check_whole, require
from .lessons import LessonCurriculum
from .mixed import sample_lengths
from .standing import Standing


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
        check_whole(self, "curriculum", start=1, grow=1)
        check_number(self, "curriculum", "errors", least=0)

    def check(self, task: Task) -> None:
        """Nothing: it fits every task with lengths."""

    def begin(self, task: Task) -> Standing:
        """Where a trial stands before its first update."""
        return _at_length(self.start, task)

    def batch(self, standing: Standing, task: Task, rng: np.random.Generator, size: int) -> Batch:
        """Sequences of one length, up to the level."""
        length = int(rng.integers(task.lengths[0], standing.level, endpoint=True))
        return task.sample(rng, size, length)

    def updated(
        self, standing: Standing, step: int, task: Task, decided: np.ndarray, batch: Batch
    ) -> None:
        """Nothing: only evaluations move this curriculum."""

    def evaluated(self, standing: Standing, errors: float, most: int) -> None:
        """Move on after an evaluation, given the errors per training sequence."""
        if errors <= self.errors:
            standing.level = min(standing.level + self.grow, most)


@dataclass(frozen=True)
class MixtureCurriculum:
    """Every sequence of a batch has a length of its own, around a level that rises (RL-NTM).

    With e geometric, P(e) = 1/2^(e + 1) from 0 on: a share `anywhere` of the sequences has any of
    the task's lengths, a share `easier` any up to level + e, and all others level + e, which ends
    at the task's longest length. These are the hardest ones. When the running mean of their wrong
    answers, a fraction, which keeps `decay` of itself at each update, falls below `errors`, the
    level rises by one and the mean begins again at 1; rises are at least `apart` updates apart. The
    shares are those of the authors' code (the paper: 0.25 easier); for reverse, `errors` was 0.25.

    What a task draws once per batch beside the length, it then draws once per length.
    """

    kind: Literal["mixture"] = "mixture"
    start: int = 1
    errors: float = 0.2
    anywhere: float = 0.1
    easier: float = 0.225
    decay: float = 0.8
    apart: int = 100

    def __post_init__(self) -> None:
        check_one_of(self, "curriculum", "kind", ("mixture",))
        check_whole(self, "curriculum", start=1, apart=1)
        check_number(self, "curriculum", "errors", "anywhere", "easier", "decay", least=0)
        for name, holds in (
            ("errors", self.errors <= 1),
            ("easier", self.anywhere + self.easier <= 1),
            ("decay", self.decay < 1),
        ):
            require(holds, self, "curriculum", name, _WANTED[name])

    def check(self, task: Task) -> None:
        """Nothing: it fits every task with lengths."""

    def begin(self, task: Task) -> Standing:
        """Where a trial stands before its first update."""
        return _at_length(self.start, task)

    def batch(self, standing: Standing, task: Task, rng: np.random.Generator, size: int) -> Batch:
        """Sequences of several lengths, in rising order; the shorter ones end in silent steps."""
        lengths_B, hardest_B = self.draw(standing.level, task.lengths, rng, size)
        order = np.argsort(lengths_B, kind="stable")
        standing.hardest_B = hardest_B[order]
        return sample_lengths(task, rng, lengths_B[order])

    def draw(
        self, level: int, lengths: tuple[int, int], rng: np.random.Generator, size: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """The lengths of a batch, and which of them are of the hardest kind.

        The first always is, so that there is an error to go by.
        """
        least, most = lengths
        hardest = np.minimum(level + rng.geometric(0.5, size) - 1, most)
        kind = rng.random(size)
        anywhere = rng.integers(least, most, size, endpoint=True)
        easier = rng.integers(least, hardest, endpoint=True)
        any_B, up_to_B = kind < self.anywhere, kind < self.anywhere + self.easier
        any_B[0] = up_to_B[0] = False
        return np.where(any_B, anywhere, np.where(up_to_B, easier, hardest)), ~up_to_B

    def updated(
        self, standing: Standing, step: int, task: Task, decided: np.ndarray, batch: Batch
    ) -> None:
        """Move on after update `step`, given the answers to its batch."""
        error, most = standing.error(task, decided, batch), task.lengths[1]
        standing.updated(
            step, error, most=most, errors=self.errors, decay=self.decay, apart=self.apart
        )

    def evaluated(self, standing: Standing, errors: float, most: int) -> None:
        """Nothing: this curriculum moves after updates."""


_WANTED = {
    "errors": "a fraction, at most 1",
    "easier": "a share that is at most 1 together with anywhere",
    "decay": "below 1",
}

AnyCurriculum: TypeAlias = Curriculum | MixtureCurriculum | LessonCurriculum

_KINDS: Mapping[str, type[Any]] = {"mixture": MixtureCurriculum, "lessons": LessonCurriculum}


def curriculum_of(data: Any) -> AnyCurriculum:
    """The curriculum that JSON describes; raises BadData."""
    kind = data.get("kind") if isinstance(data, Mapping) else None
    if kind is None:
        return build(Curriculum, data, "curriculum")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise BadData(
            f"curriculum: no kind {kind!r}, but {' and '.join(map(repr, _KINDS))}; the one by "
            "batch is given without one."
        )
    found: AnyCurriculum = build(_KINDS[kind], data, "curriculum")
    return found


def _at_length(start: int, task: Task) -> Standing:
    low, high = task.lengths
    return Standing(min(max(start, low), high))
