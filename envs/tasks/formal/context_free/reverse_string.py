"""Reverse string: the string backwards (Delétang et al. 2023)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...base import tasks
from ..letters import Letters, alike


@tasks.register("reverse_string")
@dataclass(frozen=True, kw_only=True)
class ReverseString(Letters):
    """Answer with a string from its last letter to its first; the paper's alphabet has 2 letters.

    `reverse` with `symbols` asks for the same between two delimiters, as the RL-NTM has it.
    """

    def places(self, shown_TB: np.ndarray) -> np.ndarray:
        return alike(np.arange(len(shown_TB))[::-1], shown_TB)
