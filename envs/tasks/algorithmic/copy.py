"""Copy: repeat a sequence of random vectors after its end (Graves et al. 2014, 4.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..base import Batch, answer_order, sources_at, tasks
from .echo import Echo


@tasks.register("copy")
@dataclass(frozen=True, kw_only=True)
class Copy(Echo):
    """Repeat a sequence of random vectors after its end.

    A start delimiter, `length` vectors, an end delimiter, then as many silent steps for the answer:
    T = 2 length + 2. The two delimiters have the last two channels.

    With `symbols` = v > 0 the vectors are one-hot symbols of a vocabulary of v, answered as
    `Symbols(v)` as in the RL-NTM (Zaremba & Sutskever, 2015); `width` is then unused.
    """

    def in_order(self, targets: np.ndarray) -> np.ndarray:
        return targets

    def sources(self, batch: Batch) -> np.ndarray:
        return sources_at(batch.mask_TB, 1 + answer_order(batch.mask_TB))
