"""What tasks share that show a sequence between two delimiters and ask for it afterwards."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from ...answers import Answer, Bits, Symbols
from ..base import Batch, Task, fair_bits
from ..checks import check_range, check_whole


@dataclass(frozen=True, kw_only=True)
class Echo(Task):
    """A task that shows random vectors between two delimiters and asks for them all in some order.

    A start delimiter, `length` vectors, an end delimiter, then as many silent steps for the answer:
    T = 2 length + 2. The two delimiters have the last two channels.

    With `symbols` = v > 0 the vectors are one-hot symbols of a vocabulary of v, answered as
    `Symbols(v)` as in the RL-NTM (Zaremba & Sutskever, 2015); `width` is then unused.
    """

    width: int = 8
    min_length: int = 1
    max_length: int = 20
    symbols: int = 0

    def __post_init__(self) -> None:
        check_whole(self, width=1, symbols=0)
        if self.symbols == 1:
            owner = type(self).__name__
            raise ValueError(f"{owner}: symbols is 1; 0 (bit vectors) or at least 2 is needed.")
        check_range(self, "min_length", "max_length", self.shortest)

    @abstractmethod
    def in_order(self, targets: np.ndarray) -> np.ndarray:
        """What was shown, first to last, in the order in which it is asked for."""

    @property
    def input_size(self) -> int:
        return self.answer.output_size + 2

    @property
    def answer(self) -> Answer:
        return Symbols(self.symbols) if self.symbols else Bits(self.width)

    @property
    def lengths(self) -> tuple[int, int]:
        return self.min_length, self.max_length

    def sample(self, rng: np.random.Generator, batch_size: int, length: int | None = None) -> Batch:
        length = self.draw_length(rng, length)
        shown, targets = draw_patterns(rng, length, batch_size, self.width, self.symbols)
        return ask_after(shown, self.in_order(targets))

    def chance_bits(self, length: int | None = None) -> float:
        per_step = math.log2(self.symbols) if self.symbols else self.width
        return per_step * (sum(self.lengths) / 2 if length is None else length)


def draw_patterns(
    rng: np.random.Generator, length: int, batch_size: int, width: int, symbols: int
) -> tuple[np.ndarray, np.ndarray]:
    """Random vectors to show, and the same as targets: bits, or one-hot symbols and their indices.

    Both `(length, batch_size, …)`.
    """
    if not symbols:
        bits = fair_bits(rng, length, batch_size, width)
        return bits, bits
    drawn = rng.integers(symbols, size=(length, batch_size))
    return one_hot(drawn, symbols), drawn[..., None]


def one_hot(drawn: np.ndarray, symbols: int) -> np.ndarray:
    """The indices as rows of an identity matrix, float32."""
    return np.eye(symbols, dtype=np.float32)[drawn]


def ask_after(shown: np.ndarray, targets: np.ndarray) -> Batch:
    """A start delimiter, what is shown, an end delimiter, then silent steps that are scored.

    The two delimiters have the last two channels. Both arguments begin with time and batch.
    """
    length, batch_size, width = shown.shape
    steps = length + 2 + len(targets)
    inputs_TBX = np.zeros((steps, batch_size, width + 2), np.float32)
    inputs_TBX[0, :, width] = 1
    inputs_TBX[1 : length + 1, :, :width] = shown
    inputs_TBX[length + 1, :, width + 1] = 1
    return asked_last(inputs_TBX, targets)


def asked_last(inputs_TBX: np.ndarray, targets: np.ndarray) -> Batch:
    """A batch whose last steps, as many as there are targets, are scored."""
    steps, batch_size, _ = inputs_TBX.shape
    targets_TBY = np.zeros((steps, *targets.shape[1:]), targets.dtype)
    targets_TBY[steps - len(targets) :] = targets
    mask_TB = np.zeros((steps, batch_size), bool)
    mask_TB[steps - len(targets) :] = True
    return Batch(inputs_TBX, targets_TBY, mask_TB)
