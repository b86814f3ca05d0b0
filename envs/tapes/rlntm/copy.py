"""The RL-NTM's Copy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..base import tapes
from .base import RLNTMTape


@tapes.register("rlntm_copy")
@dataclass(frozen=True, kw_only=True)
class RLNTMCopy(RLNTMTape):
    """x1 … xC end → x1 … xC end."""

    base: int = 30
    min_length: int = 2

    def sources(self, place_1T: np.ndarray, symbols_B1: np.ndarray) -> np.ndarray:
        return place_1T
