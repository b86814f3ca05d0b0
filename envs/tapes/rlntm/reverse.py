"""The RL-NTM's Reverse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..base import tapes
from .base import RLNTMTape


@tapes.register("rlntm_reverse")
@dataclass(frozen=True, kw_only=True)
class RLNTMReverse(RLNTMTape):
    """x1 … xC end → xC … x1 end, with an input head that may go back."""

    base: int = 30
    min_length: int = 2

    def sources(self, place_1T: np.ndarray, symbols_B1: np.ndarray) -> np.ndarray:
        return symbols_B1 - 1 - place_1T
