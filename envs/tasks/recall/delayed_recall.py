"""Delayed recall: symbols, a long silence, the symbols again (Hochreiter and Schmidhuber 1997)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..base import tasks
from ..strings import Strings
from .among_blanks import AmongBlanks


@tasks.register("delayed_recall")
@dataclass(frozen=True, kw_only=True)
class DelayedRecall(AmongBlanks):
    """Give back `kept` symbols after `length` blank steps.

    The copy memory problem in the sizes of Arjovsky et al. (2016, "Unitary Evolution Recurrent
    Neural Networks"): 10 symbols of 8, and a silence of 100 steps and more. There, one step says
    that the answer is due; here, each step of the answer does, and only those are scored.
    """

    min_length: int = 100
    max_length: int = 100

    def draw(self, rng: np.random.Generator, length: int, batch_size: int) -> Strings:
        kept_ZB = rng.integers(self.symbols, size=(self.kept, batch_size))
        blanks_TB = np.full((length, batch_size), self.symbols)
        return Strings(np.concatenate([kept_ZB, blanks_TB]), kept_ZB)
