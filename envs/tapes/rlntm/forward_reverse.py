"""The RL-NTM's ForwardReverse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..base import tapes
from .base import RLNTMTape


@tapes.register("rlntm_forward_reverse")
@dataclass(frozen=True, kw_only=True)
class RLNTMForwardReverse(RLNTMTape):
    """x1 … xC end → xC … x1 end, with an input head that cannot go back.

    So what was read must be kept: this is the task that needs a memory, in the agent or on a memory
    tape.
    """

    base: int = 30
    min_length: int = 2

    moves = ("stay", "right")

    def sources(self, place_1T: np.ndarray, symbols_B1: np.ndarray) -> np.ndarray:
        return symbols_B1 - 1 - place_1T
