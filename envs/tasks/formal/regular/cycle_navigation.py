"""Cycle navigation: where moves on a cycle lead to (Delétang et al. 2023)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...base import tasks
from ...checks import check_whole
from ...strings import Strings, StringTask


@tasks.register("cycle_navigation")
@dataclass(frozen=True, kw_only=True)
class CycleNavigation(StringTask):
    """Follow moves on a cycle of `cycle` places from place 0, and say where they end.

    Moves are uniform: symbol 0 is a step back, 1 is none, 2 is a step ahead. The answer is one
    symbol, the place. The paper's cycle has 5 places.
    """

    cycle: int = 5

    shown_symbols = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole(self, cycle=2)

    @property
    def answer_symbols(self) -> int:
        return self.cycle

    def draw(self, rng: np.random.Generator, length: int, batch_size: int) -> Strings:
        shown_TB = rng.integers(3, size=(length, batch_size))
        return Strings(shown_TB, (shown_TB - 1).sum(0, keepdims=True) % self.cycle)
