"""Reverse: write the input tape backwards (gym's Reverse-v0)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..base import Target, copied, places, tapes
from .row import Row


@tapes.register("reverse")
@dataclass(frozen=True, kw_only=True)
class Reverse(Row):
    """Write what stands on the input tape, from its last symbol to its first."""

    base: int = 2
    min_length: int = 1

    promotion_after = 50
    promotion_shortfall = 0.1

    def target(self, inputs_BXY: np.ndarray, lengths_B: np.ndarray) -> Target:
        return copied(inputs_BXY, lengths_B[:, None] - 1 - places(lengths_B), lengths_B)
