"""Even pairs: whether neighbours differ an even number of times (Delétang et al. 2023)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...base import tasks
from ...strings import Strings, StringTask


@tasks.register("even_pairs")
@dataclass(frozen=True, kw_only=True)
class EvenPairs(StringTask):
    """Say whether a binary string has an even (0) or an odd (1) number of pairs 01 and 10.

    Strings are uniform, the answer is one symbol. It is also whether the first symbol and the last
    one differ, so that two bits of state are enough.
    """

    shown_symbols = 2
    answer_symbols = 2

    def draw(self, rng: np.random.Generator, length: int, batch_size: int) -> Strings:
        shown_TB = rng.integers(2, size=(length, batch_size))
        differ_TB = shown_TB[1:] != shown_TB[:-1]
        return Strings(shown_TB, differ_TB.sum(0, keepdims=True) % 2)
