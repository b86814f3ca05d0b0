"""Odds first: the letters at odd places, then those at even ones (Delétang et al. 2023)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...base import tasks
from ...checks import check_whole
from ..letters import Letters, alike


@tasks.register("odds_first")
@dataclass(frozen=True, kw_only=True)
class OddsFirst(Letters):
    """Answer with the letters at odd places of a string, then with those at even places.

    Places are counted from one, as in the paper's text: s1 s3 s5 … s2 s4 s6 …; with
    `counted_from=0` from zero, as in the authors' code, whose answer begins with the second letter.
    The paper's alphabet has 2 letters.
    """

    counted_from: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole(self, counted_from=0)
        if self.counted_from > 1:
            raise ValueError(
                f"OddsFirst: counted_from is {self.counted_from}; 1 (the paper's text) or 0 (its "
                "code) is needed."
            )

    def places(self, shown_TB: np.ndarray) -> np.ndarray:
        steps_T = np.arange(len(shown_TB))
        odd_T = (steps_T + self.counted_from) % 2 == 1
        return alike(np.concatenate([steps_T[odd_T], steps_T[~odd_T]]), shown_TB)
