"""Reverse: repeat a sequence of random vectors after its end, last vector first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..base import Batch, answer_order, sources_at, tasks
from .echo import Echo


@tasks.register("reverse")
@dataclass(frozen=True, kw_only=True)
class Reverse(Echo):
    """Repeat a sequence of random vectors after its end, from the last one to the first.

    In all else it is `copy`: a start delimiter, `length` vectors, an end delimiter, then as many
    silent steps for the answer, T = 2 length + 2, the delimiters on the last two channels.

    With `symbols` = v > 0 the vectors are one-hot symbols of a vocabulary of v, answered as
    `Symbols(v)`, and `width` is unused. The input goes by once, from its first step to its last, so
    with 30 symbols this is the forward-reverse of the RL-NTM (Zaremba & Sutskever, 2015), which
    needs a memory. That paper's reverse, whose input head may go back, is no task of this kind: it
    is the tape `rlntm_reverse`.
    """

    def in_order(self, targets: np.ndarray) -> np.ndarray:
        return targets[::-1]

    def sources(self, batch: Batch) -> np.ndarray:
        return sources_at(batch.mask_TB, batch.mask_TB.sum(0) - answer_order(batch.mask_TB))
