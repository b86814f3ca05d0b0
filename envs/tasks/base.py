"""What a task is: a generator of batches of sequences with known answers.

Shapes: T time steps, B sequences of a batch, X input channels, Y target columns. Time comes first.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, TypedDict

import numpy as np

from memnets.registry import Registry

from ..answers import Answer
from ..building import build
from .batch import Batch as Batch
from .checks import whole

OWN_SEQUENCES = "envs.tasks.arrays:Arrays"
"""The task of one's own sequences: it has no name, as it cannot be built without a file."""

tasks: Registry[Any] = Registry("memnets.tasks", home="envs.tasks", stored=(OWN_SEQUENCES,))


class NetworkSizes(TypedDict):
    """Keywords of `ModelSpec.build` that a task decides."""

    input_size: int
    output_size: int
    symbols: int


class NoLengths(ValueError):
    """A task's sequences have no length to choose; the message is one line."""


class Task(ABC):
    """A task with its options; concrete tasks are frozen dataclasses of keyword options.

    A batch is a function of the generator alone: the same seed gives the same batches to every
    model. What `length` counts (vectors, items, bits) is each task's own.
    """

    shortest: ClassVar[int] = 1
    """The smallest possible length."""
    test_factors: ClassVar[tuple[float, ...]] = (1 / 4, 1 / 2, 1, 2, 4, 6)
    """Test lengths as multiples of the longest trained one."""

    @property
    @abstractmethod
    def input_size(self) -> int:
        """Number of input channels."""

    @property
    def input_symbols(self) -> int:
        """How many symbols come in as indices, in the one column of the inputs; 0: none do.

        A network makes vectors of them, learned ones or one-hot (`ModelSpec.embedding`).
        """
        return 0

    @property
    def network_sizes(self) -> NetworkSizes:
        """The sizes of a network for this task."""
        return NetworkSizes(
            input_size=self.input_size,
            output_size=self.answer.output_size,
            symbols=self.input_symbols,
        )

    @property
    @abstractmethod
    def answer(self) -> Answer:
        """What a scored step asks for: bits, a symbol, or several symbols."""

    @property
    def lengths(self) -> tuple[int, int]:
        """Shortest and longest length of training, both included.

        A task whose sequences have no length to choose inherits this; it raises NoLengths.
        """
        raise NoLengths(f"{type(self).__name__} has no lengths to choose from.")

    @property
    def difficulty(self) -> Mapping[str, tuple[int, int]]:
        """The named numbers that make sequences hard, each with its range in training.

        `length` is the first of them, and for most tasks the only one. Every name is a keyword of
        `sample`; a number that is not given there is drawn from its range.
        """
        return {"length": self.lengths}

    @abstractmethod
    def sample(self, rng: np.random.Generator, batch_size: int, length: int | None = None) -> Batch:
        """New sequences; a length of None is drawn uniformly from `lengths`.

        A task without lengths may leave out that parameter; no caller passes it.
        """

    def test_sample(self, rng: np.random.Generator, batch_size: int, length: int) -> Batch:
        """A batch to test a length with: `sample`, with all that it would draw per batch fixed.

        A task whose sequences for tests come from a file gives each of them at most once, and so
        perhaps fewer than are asked for.
        """
        return self.sample(rng, batch_size, length)

    def test_at(self, rng: np.random.Generator, batch_size: int, name: str, value: int) -> Batch:
        """A batch for one of `test_points`: at the longest trained length, all else as trained."""
        return self.sample(rng, batch_size, self.lengths[1], **{name: value})

    @abstractmethod
    def chance_bits(self, length: int | None = None) -> float:
        """Expected cost of guessing a sequence, in bits; None means the mean over `lengths`."""

    def marks(self, errors_TB: np.ndarray, batch: Batch) -> Mapping[str, float]:
        """Columns that tests on this task have beside those of every task; by default none.

        `errors_TB` are the wrong bits or symbols of each step; where nothing is scored they say
        nothing.
        """
        return {}

    def facts(self) -> Mapping[str, Any]:
        """What is stored with a trained network as facts of its task; by default nothing."""
        return {}

    def optimum_bits(self, batch: Batch) -> np.ndarray | None:
        """The lowest expected cost of each sequence, in bits; None means zero for all."""
        return None

    def sources(self, batch: Batch) -> np.ndarray | None:
        """Where the answers lie: (T, B), int64, the step whose input is the answer of this step.

        It is -1 where no step's input is, as at unscored steps. None means that the task's answers
        lie in no single step.
        """
        return None

    @property
    def input_range(self) -> tuple[float, float]:
        """The smallest and the largest value of any input channel."""
        return 0.0, 1.0

    @property
    def test_lengths(self) -> tuple[int, ...]:
        """The lengths to test at: some within the trained lengths and some beyond."""
        longest = self.lengths[1]
        found = {max(self.shortest, round(longest * factor)) for factor in self.test_factors}
        return tuple(sorted(found | {longest}))

    @property
    def test_points(self) -> tuple[tuple[str, int], ...]:
        """Further tests: a number of `difficulty` beside the length, and its value.

        By default the ends of its range in training, and twice the upper one.
        """
        ranges = list(self.difficulty.items())[1:]
        return tuple(
            (name, value) for name, (low, high) in ranges for value in sorted({low, high, 2 * high})
        )

    def draw_length(self, rng: np.random.Generator, length: int | None) -> int:
        """The given length, or one drawn from `lengths` where that is None.

        Raises ValueError for a length that is not a whole number or is too small.
        """
        if length is None:
            return int(rng.integers(*self.lengths, endpoint=True))
        return whole(type(self).__name__, "length", length, self.shortest)


def make_task(name: str, /, **options: Any) -> Task:
    """The task of that name with these options.

    Raises UnknownName for the name and a one-line ValueError for an option that does not exist or
    is out of range.
    """
    return build(tasks, name, options)


def sources_at(mask_TB: np.ndarray, steps_TB: np.ndarray) -> np.ndarray:
    """The steps, as `Task.sources` gives them, where the mask is true, and -1 elsewhere."""
    return np.where(mask_TB, steps_TB, -1).astype(np.int64)


def answer_order(mask_TB: np.ndarray) -> np.ndarray:
    """How many scored steps of its sequence come before each scored step: 0, 1, 2, …"""
    return mask_TB.cumsum(0) - 1


def fair_bits(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Independent fair bits as float32, from the raw bytes of the generator."""
    count = math.prod(shape)
    coins = np.unpackbits(np.frombuffer(rng.bytes(-(-count // 8)), np.uint8), count=count)
    return coins.reshape(shape).astype(np.float32)
