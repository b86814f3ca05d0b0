"""What tasks on triples of labels share: sizes, lengths, and the file that they may be of."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ...answers import Fields
from ..base import Task
from ..checks import check_text, check_whole

MOST_DIGITS = 18
"""Labels are numbers of 64 bits."""


@dataclass(frozen=True, kw_only=True)
class TripleTask(Task):
    """A task that tells triples of labels, and is answered by triples (Graves et al. 2016)."""

    min_length: int = 1
    max_length: int = 4
    digits: int = 3
    from_file: str = ""
    from_file_sha256: str = ""

    def __post_init__(self) -> None:
        check_whole(self, digits=1)
        if self.digits > MOST_DIGITS:
            name = type(self).__name__
            raise ValueError(f"{name}: digits is {self.digits}; at most {MOST_DIGITS} is possible.")
        check_text(self, "from_file", "from_file_sha256")

    @property
    def input_size(self) -> int:
        return 30 * self.digits + 2

    @property
    def answer(self) -> Fields:
        return Fields(3 * self.digits, 10)

    @property
    def lengths(self) -> tuple[int, int]:
        return self.min_length, self.max_length

    @property
    def triple_bits(self) -> float:
        """The cost of guessing every digit of a triple."""
        return 3 * self.digits * math.log2(10)
