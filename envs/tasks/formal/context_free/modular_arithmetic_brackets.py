"""Modular arithmetic with brackets (Delétang et al. 2023)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...base import tasks
from ...checks import check_flags, check_whole
from ...strings import Strings, StringTask
from .expressions import Expressions


@tasks.register("modular_arithmetic_brackets")
@dataclass(frozen=True, kw_only=True)
class ModularArithmeticBrackets(StringTask):
    """Compute a random, fully bracketed expression with +, - and × modulo `modulus`.

    The symbols are the digits, then + - × ( and ); the answer is one digit. `Expressions` says how
    they are drawn. With `products=False` there is no ×. The paper's modulus is 5.
    """

    modulus: int = 5
    products: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole(self, modulus=2)
        check_flags(self, "products")

    @property
    def shown_symbols(self) -> int:
        return self.modulus + 5

    @property
    def answer_symbols(self) -> int:
        return self.modulus

    def draw(self, rng: np.random.Generator, length: int, batch_size: int) -> Strings:
        expressions = Expressions(rng, self.modulus, 3 if self.products else 2)
        drawn = [expressions.draw(length) for _ in range(batch_size)]
        shown_BT, values = zip(*drawn, strict=True)
        return Strings(np.array(shown_BT).T, np.array([values]))
