"""What tasks share that answer with the letters of a random string, in another order."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from ..checks import check_whole
from ..strings import Strings, StringTask


@dataclass(frozen=True, kw_only=True)
class Letters(StringTask):
    """A string of uniform letters of an alphabet of `symbols`; letters of it are the answer."""

    symbols: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole(self, symbols=2)

    @abstractmethod
    def places(self, shown_TB: np.ndarray) -> np.ndarray:
        """The steps `(Z, B)` of the string whose letters are the answer."""

    @property
    def shown_symbols(self) -> int:
        return self.symbols

    @property
    def answer_symbols(self) -> int:
        return self.symbols

    def draw(self, rng: np.random.Generator, length: int, batch_size: int) -> Strings:
        shown_TB = rng.integers(self.symbols, size=(length, batch_size))
        return Strings(shown_TB, np.take_along_axis(shown_TB, self.places(shown_TB), 0))

    def answered(self, length: int) -> float:
        return float(length)


def alike(places_Z: np.ndarray, shown_TB: np.ndarray) -> np.ndarray:
    """The same steps for every string of a batch."""
    return np.broadcast_to(places_Z[:, None], (len(places_Z), shown_TB.shape[1]))
