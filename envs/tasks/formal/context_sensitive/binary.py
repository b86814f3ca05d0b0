"""Two binary numbers and a third: what the tasks of addition and multiplication share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...strings import NOTHING, Strings, StringTask

SEPARATOR, END = 2, 2


@dataclass(frozen=True, kw_only=True)
class TwoNumbers(StringTask):
    """Two numbers in binary, lowest digit first, with a separator between; the answer is a third.

    The first number has 1 to `length` - 2 digits, uniform, the second what the separator leaves;
    each is uniform from 1 to the largest of so many digits. The symbols are 0, 1 and the separator,
    2. The answer has the lowest digit first and no zeros after the highest, and ends with symbol 2.
    Steps after that are not scored, and cost nothing in training; the authors' code asks for zeros
    there in training, and does not score them either.

    The shortest string has 3 symbols. The authors' code trains on lengths 1 and 2 too, where there
    is no room for two numbers and it shows a single one.
    """

    min_length: int = 3

    shortest: ClassVar[int] = 3
    shown_symbols = 3
    answer_symbols = 3
    room: ClassVar[int]
    """Steps of the longest answer and its end, less those of the string."""

    @abstractmethod
    def result(self, first: int, second: int) -> int:
        """What is asked for."""

    @abstractmethod
    def digits(self, first: int, second: int) -> float:
        """Expected digits of the result of two numbers of up to so many digits each."""

    def draw(self, rng: np.random.Generator, length: int, batch_size: int) -> Strings:
        separator_B = rng.integers(1, length - 1, size=batch_size)
        steps_T1 = np.arange(length)[:, None]
        shown_TB = rng.integers(2, size=(length, batch_size))
        # neither number is zero: both are drawn again where one is
        while (zero_B := _has_zero(shown_TB, steps_T1, separator_B)).any():
            shown_TB[:, zero_B] = rng.integers(2, size=(length, zero_B.sum()))
        results = [
            self.result(bits & ((1 << separator) - 1), bits >> (separator + 1))
            for bits, separator in zip(to_numbers(shown_TB), separator_B.tolist(), strict=True)
        ]
        shown_TB[separator_B, np.arange(batch_size)] = SEPARATOR
        answers_ZB = to_digits(results, length + self.room)
        ends_B = [number.bit_length() for number in results]
        places_Z1 = np.arange(len(answers_ZB))[:, None]
        answers_ZB[places_Z1 > ends_B] = NOTHING
        answers_ZB[ends_B, np.arange(batch_size)] = END
        return Strings(shown_TB, answers_ZB)

    def answered(self, length: int) -> float:
        sizes = [self.digits(first, length - 1 - first) for first in range(1, length - 1)]
        return 1 + float(np.mean(sizes))


def to_numbers(digits_ZB: np.ndarray) -> list[int]:
    """One number per column of binary digits, the lowest first."""
    rows = np.packbits(digits_ZB.T.astype(np.uint8), axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in rows]


def to_digits(numbers: Sequence[int], size: int) -> np.ndarray:
    """The lowest `size` binary digits of each number as a column, the lowest first; int64."""
    width = -(-size // 8)
    packed = b"".join(number.to_bytes(width, "little") for number in numbers)
    rows = np.frombuffer(packed, np.uint8).reshape(len(numbers), width)
    return np.unpackbits(rows, axis=1, count=size, bitorder="little").T.astype(np.int64)


def _has_zero(shown_TB: np.ndarray, steps_T1: np.ndarray, separator_B: np.ndarray) -> np.ndarray:
    first_B = (shown_TB * (steps_T1 < separator_B)).sum(0)
    second_B = (shown_TB * (steps_T1 > separator_B)).sum(0)
    return np.minimum(first_B, second_B) == 0
