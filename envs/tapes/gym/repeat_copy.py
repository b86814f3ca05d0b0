"""Repeat copy: write the input tape forwards, backwards and forwards (gym's RepeatCopy-v0)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..base import Target, copied, places, tapes
from .row import Row


@tapes.register("repeat_copy")
@dataclass(frozen=True, kw_only=True)
class RepeatCopy(Row):
    """Write what stands on the input tape, then the same backwards, then once more forwards."""

    promotion_after = 50
    promotion_shortfall = 0.1

    def target(self, inputs_BXY: np.ndarray, lengths_B: np.ndarray) -> Target:
        turn_BT, place_BT = np.divmod(places(3 * lengths_B), lengths_B[:, None])
        source_BT = np.where(turn_BT == 1, lengths_B[:, None] - 1 - place_BT, place_BT)
        return copied(inputs_BXY, source_BT, 3 * lengths_B)
