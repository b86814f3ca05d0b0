"""Copy: write what stands on the input tape (gym's Copy-v0)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..base import Target, copied, places, tapes
from .row import Row


@tapes.register("copy")
@dataclass(frozen=True, kw_only=True)
class Copy(Row):
    """Write what stands on the input tape, from left to right."""

    def target(self, inputs_BXY: np.ndarray, lengths_B: np.ndarray) -> Target:
        return copied(inputs_BXY, places(lengths_B), lengths_B)
