"""What the tapes of the RL-NTM have in common: an end symbol, a head that may stay, no time-out."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np

from ...tasks.checks import check_whole
from ..base import TapeTask, Target, copied, places

END = 0
"""The end symbol: it closes every input tape and every target."""


class RLNTMTape(TapeTask):
    """A tape task with the interfaces of the RL-NTM (Zaremba & Sutskever, 2015).

    The input tape and the target end with the symbol 0; the others are drawn from the rest. The
    head of the input tape moves left, stays or moves right. A wrong symbol costs nothing but the
    reward it might have had, and the episode goes on. Once as many steps are left as symbols are
    missing, every step writes. So there is no time-out.

    The paper bounds the steps and does not say by what. Here it is twice the symbols on both tapes
    and four more, which leaves time to walk back after every copy. In the paper a network is given
    the logarithm of the probability of the right symbol; as a reward it is 1 for a right one. A
    length counts the symbols to copy.
    """

    moves: ClassVar[tuple[str, ...]] = ("left", "stay", "right")
    wrong_reward = 0.0
    wrong_ends = False
    forced = True
    letters = "#" + TapeTask.letters

    def __post_init__(self) -> None:
        check_whole(self, base=2, min_length=1)

    def columns(self, lengths_B: np.ndarray) -> np.ndarray:
        return lengths_B + 1

    def draw(self, rng: np.random.Generator, lengths_B: np.ndarray) -> np.ndarray:
        inputs_BX = np.zeros((len(lengths_B), lengths_B.max() + 1), np.int64)
        inputs_BX[:, :-1] = rng.integers(1, self.base, size=(len(lengths_B), lengths_B.max()))
        return ended(inputs_BX, lengths_B)

    def refuses(self, tape_XY: np.ndarray) -> str | None:
        if len(tape_XY) < 2 or tape_XY[-1] != END or (tape_XY[:-1] == END).any():
            return f"one or more symbols and then the end symbol, {END}, are needed."
        return None

    def target(self, inputs_BXY: np.ndarray, lengths_B: np.ndarray) -> Target:
        target_lengths_B = self.target_lengths(inputs_BXY[..., 0], lengths_B)
        source_BT = self.sources(places(target_lengths_B), lengths_B[:, None] - 1)
        last_BT = places(target_lengths_B) == target_lengths_B[:, None] - 1
        source_BT = np.where(last_BT, lengths_B[:, None] - 1, source_BT)
        return copied(inputs_BXY, source_BT, target_lengths_B)

    def target_lengths(self, inputs_BX: np.ndarray, lengths_B: np.ndarray) -> np.ndarray:
        """Symbols of the targets of input tapes of so many columns, with the end symbol."""
        return lengths_B

    @abstractmethod
    def sources(self, place_1T: np.ndarray, symbols_B1: np.ndarray) -> np.ndarray:
        """The column that is to be written at each place of the targets, but for the last place.

        The input tapes have so many symbols and then the end symbol.
        """

    def time_limits(self, lengths_B: np.ndarray, target_lengths_B: np.ndarray) -> np.ndarray:
        return 2 * (lengths_B + target_lengths_B) + 4


def ended(inputs_BX: np.ndarray, lengths_B: np.ndarray) -> np.ndarray:
    """The input tapes with the end symbol in these columns, as `(B, X, 1)`."""
    inputs_BX[np.arange(len(lengths_B)), lengths_B] = END
    return inputs_BX[..., None]
