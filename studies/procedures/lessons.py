"""A curriculum of lessons, each with ranges for the numbers that make a task hard."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from envs.tasks.base import Batch, Task

from ..design.data import BadData, hint
from ..design.settings import check_number, check_one_of, check_whole, require, whole
from .standing import Standing

_RANGES = "one or more mappings of names to two whole numbers, such as {'length': (1, 2)}"
_NARROW = 32
"""Of a range with so many values or fewer the task is asked for each at the start."""


@dataclass(frozen=True)
class LessonCurriculum:
    """One lesson after the other, as the DNC paper has them for graphs.

    A lesson maps names of the task's difficulty to the smallest and the largest value, as in
    `{"length": (1, 2), "nodes": (3, 5)}`; a name that is left out has the task's own range. The
    values are drawn once per batch and lesson. A share `earlier` of the sequences is of earlier
    lessons, each as likely as the others.

    A lesson is passed when the running mean of its share of wrong answers, which keeps `decay` of
    itself at each update, falls below `errors`; the mean then begins again at 1. Lessons take at
    least `apart` updates each; the last one never ends. The paper passed at 90 % right, 80 % for
    shortest paths, with 10 % of examples from earlier lessons.
    """

    lessons: tuple[Mapping[str, tuple[int, int]], ...]
    errors: float = 0.1
    earlier: float = 0.1
    decay: float = 0.9
    apart: int = 100
    kind: Literal["lessons"] = "lessons"

    def __post_init__(self) -> None:
        check_one_of(self, "curriculum", "kind", ("lessons",))
        check_whole(self, "curriculum", apart=1)
        check_number(self, "curriculum", "errors", "earlier", "decay", least=0)
        for name in ("errors", "earlier", "decay"):
            require(getattr(self, name) < 1, self, "curriculum", name, "below 1")
        given = self.lessons if isinstance(self.lessons, list | tuple) else ()
        lessons = tuple(_lesson(lesson) for lesson in given)
        require(bool(lessons) and None not in lessons, self, "curriculum", "lessons", _RANGES)
        object.__setattr__(self, "lessons", lessons)

    def check(self, task: Task) -> None:
        """Raises BadData for a lesson with a name or a value that the task does not have.

        The task gives one sequence at every corner of a lesson, and at each value of narrow ranges.
        """
        known = list(task.difficulty)
        for number, lesson in enumerate(self.lessons, 1):
            for name in lesson:
                if name not in known:
                    raise BadData(f"curriculum, lesson {number}: no {name!r}.{hint(name, known)}")
            for point in _points(lesson):
                try:
                    task.sample(np.random.default_rng(0), 1, **point)
                except ValueError as error:
                    raise BadData(f"curriculum, lesson {number}: {error}") from error

    def begin(self, task: Task) -> Standing:
        """The first lesson."""
        return Standing(1)

    def batch(self, standing: Standing, task: Task, rng: np.random.Generator, size: int) -> Batch:
        """Sequences of the present lesson, and after sequences of earlier ones, lesson by lesson.

        At least one is of the present lesson, so that there is an error to go by.
        """
        level = standing.level
        earlier = min(int(rng.binomial(size, self.earlier)), size - 1) if level > 1 else 0
        number_B = np.sort(np.append(rng.integers(1, level, earlier), [level] * (size - earlier)))
        standing.hardest_B = number_B == level
        parts = []
        for number in np.unique(number_B):
            drawn = {
                name: int(rng.integers(low, high, endpoint=True))
                for name, (low, high) in self.lessons[number - 1].items()
            }
            parts.append(task.sample(rng, int(np.count_nonzero(number_B == number)), **drawn))
        return Batch.joined(parts)

    def updated(
        self, standing: Standing, step: int, task: Task, decided: np.ndarray, batch: Batch
    ) -> None:
        """Move on after update `step`, given the answers to its batch."""
        error, most = standing.error(task, decided, batch), len(self.lessons)
        standing.updated(
            step, error, most=most, errors=self.errors, decay=self.decay, apart=self.apart
        )

    def evaluated(self, standing: Standing, errors: float, most: int) -> None:
        """Nothing: this curriculum moves after updates."""


def _points(lesson: Mapping[str, tuple[int, int]]) -> Iterator[dict[str, int]]:
    """The corners of a lesson, and each further value of a narrow range at the others' smallest."""
    for values in itertools.product(*(sorted({low, high}) for low, high in lesson.values())):
        yield dict(zip(lesson, values, strict=True))
    smallest = {name: low for name, (low, _) in lesson.items()}
    for name, (low, high) in lesson.items():
        if high - low < _NARROW:
            yield from (smallest | {name: value} for value in range(low + 1, high))


def _lesson(lesson: Any) -> dict[str, tuple[int, int]] | None:
    """A lesson with Python's own numbers; None for what is none."""
    if not isinstance(lesson, Mapping) or not lesson:
        return None
    found = {}
    for name, ends in lesson.items():
        if not isinstance(name, str) or not isinstance(ends, list | tuple) or len(ends) != 2:
            return None
        low, high = map(whole, ends)
        if low is None or high is None or not 1 <= low <= high:
            return None
        found[name] = (low, high)
    return found
