"""Modular arithmetic without brackets (Delétang et al. 2023)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...base import tasks
from ...checks import check_whole
from ...strings import Strings, StringTask


@tasks.register("modular_arithmetic")
@dataclass(frozen=True, kw_only=True)
class ModularArithmetic(StringTask):
    """Compute an expression of digits with +, - and × in turn, modulo `modulus`.

    Multiplication binds first. Digits and operators are uniform; the symbols are the digits, then
    plus, minus, times. The answer is one digit. An expression has an odd number of symbols: an even
    length is shown with one symbol less. The paper's modulus is 5.
    """

    modulus: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole(self, modulus=2)

    @property
    def shown_symbols(self) -> int:
        return self.modulus + 3

    @property
    def answer_symbols(self) -> int:
        return self.modulus

    def draw(self, rng: np.random.Generator, length: int, batch_size: int) -> Strings:
        length -= length % 2 == 0
        shown_TB = rng.integers(self.modulus, size=(length, batch_size))
        shown_TB[1::2] = self.modulus + rng.integers(3, size=(length // 2, batch_size))
        return Strings(shown_TB, self._value(shown_TB)[None])

    def _value(self, shown_TB: np.ndarray) -> np.ndarray:
        """From left to right: the terms that are complete, and the product that is not yet."""
        minus, times = self.modulus + 1, self.modulus + 2
        complete_B, product_B = np.zeros_like(shown_TB[0]), shown_TB[0]
        for operator_B, digit_B in zip(shown_TB[1::2], shown_TB[2::2], strict=True):
            goes_on_B = operator_B == times
            complete_B = complete_B + np.where(goes_on_B, 0, product_B)
            signed_B = np.where(operator_B == minus, -digit_B, digit_B)
            product_B = np.where(goes_on_B, product_B, 1) * signed_B % self.modulus
        return (complete_B + product_B) % self.modulus
