"""Selective copy: symbols at random places among blanks, then the symbols (Gu and Dao 2023)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..base import tasks
from ..strings import Strings
from .among_blanks import AmongBlanks


@tasks.register("selective_copy")
@dataclass(frozen=True, kw_only=True)
class SelectiveCopy(AmongBlanks):
    """Give back the `kept` symbols that stand at uniform places among `length` blanks, in order.

    As in Gu and Dao (2023, "Mamba"), who show 16 of 15 symbols and a blank in strings of 4,096
    steps. Where they stand differs from string to string, so that what to keep depends on what is
    shown.
    """

    symbols: int = 15
    kept: int = 16
    min_length: int = 240
    max_length: int = 240

    def draw(self, rng: np.random.Generator, length: int, batch_size: int) -> Strings:
        kept_ZB = rng.integers(self.symbols, size=(self.kept, batch_size))
        shown_TB = np.full((length + self.kept, batch_size), self.symbols)
        order_TB = rng.random(shown_TB.shape).argsort(0)
        np.put_along_axis(shown_TB, np.sort(order_TB[: self.kept], 0), kept_ZB, 0)
        return Strings(shown_TB, kept_ZB)
