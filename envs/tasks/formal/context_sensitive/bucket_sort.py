"""Bucket sort: the letters of a string in rising order (Delétang et al. 2023)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...base import tasks
from ..letters import Letters


@tasks.register("bucket_sort")
@dataclass(frozen=True, kw_only=True)
class BucketSort(Letters):
    """Answer with the letters of a string in rising order; the paper's alphabet has 5 letters.

    Counting each letter is enough to solve it. `sources` names equal letters in their order.
    """

    symbols: int = 5

    def places(self, shown_TB: np.ndarray) -> np.ndarray:
        return np.argsort(shown_TB, axis=0, kind="stable")
