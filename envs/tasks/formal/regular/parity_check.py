"""Parity check: whether the number of ones is odd (Delétang et al. 2023)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...base import tasks
from ...strings import Strings, StringTask


@tasks.register("parity_check")
@dataclass(frozen=True, kw_only=True)
class ParityCheck(StringTask):
    """Say whether the ones of a uniform binary string are even (0) or odd (1) in number."""

    shown_symbols = 2
    answer_symbols = 2

    def draw(self, rng: np.random.Generator, length: int, batch_size: int) -> Strings:
        shown_TB = rng.integers(2, size=(length, batch_size))
        return Strings(shown_TB, shown_TB.sum(0, keepdims=True) % 2)
