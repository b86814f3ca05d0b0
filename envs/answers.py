"""What a task asks for at a step: bits, a symbol, or several. Loss, score and space follow from it.

Shapes: T time steps, B sequences, Y columns of a target. Leading axes may be missing, so that a
single step of a single sequence is scored by the same code as a whole batch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache
from typing import Any, final

import numpy as np
from gymnasium import spaces


class Answer(ABC):
    """What a step asks for. An answer is bits `(T, B, width)`, symbol indices `(T, B)`, or several
    symbols `(T, B, count)`.
    """

    @property
    @abstractmethod
    def output_size(self) -> int:
        """Logits that a network gives per step."""

    @property
    @abstractmethod
    def target_size(self) -> int:
        """Columns of the targets; also the number of errors that one step can have."""

    @property
    @abstractmethod
    def chance(self) -> float:
        """Accuracy of guessing: the expected fraction right of answers drawn uniformly."""

    @abstractmethod
    def space(self) -> spaces.Space[Any]:
        """The gymnasium space of one answer."""

    @abstractmethod
    def decide(self, logits_TBY: np.ndarray) -> np.ndarray:
        """The most probable answer."""

    @abstractmethod
    def errors(self, answers: np.ndarray, targets_TBY: np.ndarray) -> np.ndarray:
        """Wrong bits, or wrong symbols, per step: `(T, B)`."""

    def score(self, answers: np.ndarray, targets_TBY: np.ndarray) -> np.ndarray:
        """Fraction right per step, in [0, 1]: `(T, B)`."""
        return self.fraction(self.errors(answers, targets_TBY))

    def fraction(self, errors_TB: np.ndarray) -> np.ndarray:
        """Fraction right per step of so many errors."""
        return 1 - errors_TB / self.target_size


@final
@dataclass(frozen=True)
class Bits(Answer):
    """Independent bits; targets are 0 or 1 in float32, a positive logit means 1."""

    width: int

    def __post_init__(self) -> None:
        if self.width < 1:
            raise ValueError(f"Bits: width is {self.width}; at least 1 is needed.")

    @property
    def output_size(self) -> int:
        return self.width

    @property
    def target_size(self) -> int:
        return self.width

    @property
    def chance(self) -> float:
        return 0.5

    def space(self) -> spaces.MultiBinary:
        return spaces.MultiBinary(self.width)

    def decide(self, logits_TBY: np.ndarray) -> np.ndarray:
        return (logits_TBY > 0).view(np.int8)

    def errors(self, answers: np.ndarray, targets_TBY: np.ndarray) -> np.ndarray:
        return _differences(answers, targets_TBY)


@final
@dataclass(frozen=True)
class Symbols(Answer):
    """One symbol of a vocabulary; targets are indices in one int64 column."""

    vocabulary: int

    def __post_init__(self) -> None:
        if self.vocabulary < 2:
            raise ValueError(f"Symbols: vocabulary is {self.vocabulary}; at least 2 is needed.")

    @property
    def output_size(self) -> int:
        return self.vocabulary

    @property
    def target_size(self) -> int:
        return 1

    @property
    def chance(self) -> float:
        return 1 / self.vocabulary

    def space(self) -> spaces.Discrete:
        return spaces.Discrete(self.vocabulary)

    def decide(self, logits_TBY: np.ndarray) -> np.ndarray:
        return logits_TBY.argmax(-1)

    def errors(self, answers: np.ndarray, targets_TBY: np.ndarray) -> np.ndarray:
        return (answers != targets_TBY[..., 0]).astype(np.float32)


@final
@dataclass(frozen=True)
class Fields(Answer):
    """Several symbols of one vocabulary at once, such as the nine digits of a triple of labels.

    Targets are indices in `count` int64 columns. The symbols of a step are independent: logits are
    `count` times `vocabulary`, those of the first symbol first, and the cost of a step is the sum
    of their cross-entropies. Accuracy is the share of right symbols.
    """

    count: int
    vocabulary: int

    def __post_init__(self) -> None:
        for name, least in (("count", 1), ("vocabulary", 2)):
            if getattr(self, name) < least:
                raise ValueError(
                    f"Fields: {name} is {getattr(self, name)}; at least {least} is needed."
                )

    @property
    def output_size(self) -> int:
        return self.count * self.vocabulary

    @property
    def target_size(self) -> int:
        return self.count

    @property
    def chance(self) -> float:
        return 1 / self.vocabulary

    def space(self) -> spaces.MultiDiscrete:
        return spaces.MultiDiscrete([self.vocabulary] * self.count)

    def decide(self, logits_TBY: np.ndarray) -> np.ndarray:
        apart = logits_TBY.reshape(*logits_TBY.shape[:-1], self.count, self.vocabulary)
        return apart.argmax(-1)

    def errors(self, answers: np.ndarray, targets_TBY: np.ndarray) -> np.ndarray:
        return _differences(answers, targets_TBY)


def _differences(answers: np.ndarray, targets_TBY: np.ndarray) -> np.ndarray:
    # a matrix product counts along a short axis several times faster than a sum
    wrong = (answers != targets_TBY).astype(np.float32)
    size = wrong.shape[-1]
    return (wrong.reshape(-1, size) @ _ones(size)).reshape(wrong.shape[:-1])


@cache
def _ones(size: int) -> np.ndarray:
    return np.ones(size, np.float32)
