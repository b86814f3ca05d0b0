"""What a task is: a generator of batches of sequences with known answers.

Shapes: T time steps, B sequences of a batch, X input channels, Y target columns. Time comes first,
and all sequences of a batch have one length, so nothing is padded.
"""

from __future__ import annotations

import difflib
import inspect
from abc import ABC, abstractmethod
from numbers import Integral
from typing import Any, ClassVar, NamedTuple

import numpy as np

from memnets.registry import Registry

from ..answers import Answer

tasks: Registry[Any] = Registry("memnets.tasks", home="envs.tasks")


class Batch(NamedTuple):
    """Sequences and their answers; targets are zero where the mask is false."""

    inputs_TBX: np.ndarray
    """float32"""
    targets_TBY: np.ndarray
    """float32 for `Bits`, int64 for `Symbols`"""
    mask_TB: np.ndarray
    """bool: the steps at which the answer is scored"""


class NoLengths(ValueError):
    """A task's sequences have no length to choose; the message is one line."""


class Task(ABC):
    """A task with its options; concrete tasks are frozen dataclasses of keyword options.

    A batch is a function of the generator alone: the same seed gives the same batches to every
    model. What `length` counts (vectors, items, bits) is each task's own.
    """

    shortest: ClassVar[int] = 1
    """The smallest length that makes sense."""
    test_factors: ClassVar[tuple[float, ...]] = (1 / 4, 1 / 2, 1, 2, 4, 6)
    """Test lengths as multiples of the longest trained one."""

    @property
    @abstractmethod
    def input_size(self) -> int:
        """Input channels."""

    @property
    @abstractmethod
    def answer(self) -> Answer:
        """What is asked for at a scored step."""

    @property
    def lengths(self) -> tuple[int, int]:
        """Shortest and longest trained length, both included; raises NoLengths by default.

        A task whose sequences have no length to choose leaves it so.
        """
        raise NoLengths(f"{type(self).__name__} has no lengths to choose from.")

    @abstractmethod
    def sample(self, rng: np.random.Generator, batch_size: int, length: int | None = None) -> Batch:
        """Fresh sequences of one length, which is drawn uniformly from `lengths` where None.

        A task without lengths need not have the parameter: nobody gives it one.
        """

    def test_sample(self, rng: np.random.Generator, batch_size: int, length: int) -> Batch:
        """What a test asks at a length: `sample`, with nothing else of the batch left to chance."""
        return self.sample(rng, batch_size, length)

    @abstractmethod
    def chance_bits(self, length: int | None = None) -> float:
        """Expected cost in bits of guessing a sequence; over the trained lengths where None."""

    def optimum_bits(self, batch: Batch) -> np.ndarray | None:
        """The best achievable expected cost of each sequence, in bits; None where it is zero."""
        return None

    @property
    def input_range(self) -> tuple[float, float]:
        """The smallest and the largest value of any input channel."""
        return 0.0, 1.0

    @property
    def test_lengths(self) -> tuple[int, ...]:
        """The lengths at which to evaluate: within the trained ones and beyond."""
        longest = self.lengths[1]
        found = {max(self.shortest, round(longest * factor)) for factor in self.test_factors}
        return tuple(sorted(found | {longest}))

    def draw_length(self, rng: np.random.Generator, length: int | None) -> int:
        """The length asked for, or one drawn from `lengths`; raises ValueError where it is none."""
        if length is None:
            return int(rng.integers(*self.lengths, endpoint=True))
        return whole(type(self).__name__, "length", length, self.shortest)


def make_task(name: str, /, **options: Any) -> Task:
    """The task of that name with these options.

    Raises UnknownName for the name and a one-line ValueError for an option that does not exist or
    is out of range.
    """
    factory = tasks.get(name)
    known = inspect.signature(factory).parameters
    if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values()):
        check_names(name, options, known)
    return factory(**options)


def check_names(owner: str, asked: Any, known: Any) -> None:
    """Raise ValueError, with the nearest name, for the first name asked that is not known."""
    for name in asked:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            raise ValueError(
                f"{owner}: no option {name!r}. {hint}Known: {', '.join(known) or 'none'}."
            )


def whole(owner: str, name: str, value: Any, smallest: int) -> int:
    """The value as an int; raises ValueError unless it is a whole number and large enough."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < smallest:
        raise ValueError(
            f"{owner}: {name} is {value!r}; a whole number of at least {smallest} is needed."
        )
    return int(value)


def check_whole(task: Task, **least: int) -> None:
    """Raise ValueError unless each named option is a whole number of at least that much."""
    for name, smallest in least.items():
        whole(type(task).__name__, name, getattr(task, name), smallest)


def check_range(task: Task, low: str, high: str, smallest: int) -> None:
    """Raise ValueError unless two options are whole numbers in order, none below `smallest`."""
    check_whole(task, **{low: smallest, high: smallest})
    if getattr(task, high) < getattr(task, low):
        raise ValueError(
            f"{type(task).__name__}: {high} is {getattr(task, high)}; "
            f"at least {low}, {getattr(task, low)}, is needed."
        )


def fair_bits(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Independent fair coins as float32, from the generator's raw bytes."""
    count = int(np.prod(shape))
    coins = np.unpackbits(np.frombuffer(rng.bytes(-(-count // 8)), np.uint8), count=count)
    return coins.reshape(shape).astype(np.float32)
