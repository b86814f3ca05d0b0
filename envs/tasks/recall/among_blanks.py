"""What tasks share that show symbols to be kept among blanks and ask for them at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..checks import check_whole
from ..strings import StringTask


@dataclass(frozen=True, kw_only=True)
class AmongBlanks(StringTask):
    """A string of `kept` uniform symbols and `length` blanks; the answer is the symbols, in order.

    The blank is the last of the symbols of strings. `StringTask` says how string and answer are
    laid out; `length` counts the blanks.
    """

    symbols: int = 8
    kept: int = 10

    test_factors: ClassVar[tuple[float, ...]] = (1 / 4, 1 / 2, 1, 2, 4)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole(self, symbols=2, kept=1)

    @property
    def shown_symbols(self) -> int:
        return self.symbols + 1

    @property
    def answer_symbols(self) -> int:
        return self.symbols

    def places(self, shown_TB: np.ndarray) -> np.ndarray:
        return np.argsort(shown_TB == self.symbols, axis=0, kind="stable")[: self.kept]

    def answered(self, length: int) -> float:
        return float(self.kept)
