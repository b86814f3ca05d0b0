"""Duplicate string: the string twice (Delétang et al. 2023)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...base import tasks
from ..letters import Letters, alike


@tasks.register("duplicate_string")
@dataclass(frozen=True, kw_only=True)
class DuplicateString(Letters):
    """Answer with a string twice, one after the other; the paper's alphabet has 2 letters."""

    def places(self, shown_TB: np.ndarray) -> np.ndarray:
        return alike(np.tile(np.arange(len(shown_TB)), 2), shown_TB)

    def answered(self, length: int) -> float:
        return 2.0 * length
