"""Missing duplicate: the symbol that a string shown twice lacks (Delétang et al. 2023)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...base import tasks
from ...strings import Strings, StringTask

BLANK, PADDING = 2, 3


@tasks.register("missing_duplicate")
@dataclass(frozen=True, kw_only=True)
class MissingDuplicate(StringTask):
    """Say which bit stands behind the blank in a binary string that is shown twice.

    Of the two copies, one after the other and each half as long as the string, one bit is replaced
    by symbol 2; bits and place are uniform. A string of odd length ends with symbol 3. The answer
    is one bit.

    The shortest string has 2 symbols. The authors' code shows and asks for a one at length 1.
    """

    min_length: int = 2

    shortest: ClassVar[int] = 2
    shown_symbols = 4
    answer_symbols = 2

    def draw(self, rng: np.random.Generator, length: int, batch_size: int) -> Strings:
        half_TB = rng.integers(2, size=(length // 2, batch_size))
        padding_TB = np.full((length % 2, batch_size), PADDING)
        shown_TB = np.concatenate([half_TB, half_TB, padding_TB])
        blank_1B = rng.integers(2 * len(half_TB), size=(1, batch_size))
        answers_1B = np.take_along_axis(shown_TB, blank_1B, 0)
        np.put_along_axis(shown_TB, blank_1B, BLANK, 0)
        return Strings(shown_TB, answers_1B)

    def places(self, shown_TB: np.ndarray) -> np.ndarray:
        half = len(shown_TB) // 2
        return ((shown_TB == BLANK).argmax(0, keepdims=True) + half) % (2 * half)
