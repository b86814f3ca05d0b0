"""Solve equation: the digit that stands for x (Delétang et al. 2023)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...base import tasks
from ...checks import check_whole
from ...strings import Strings, StringTask
from .expressions import Expressions


@tasks.register("solve_equation")
@dataclass(frozen=True, kw_only=True)
class SolveEquation(StringTask):
    """Find the digit that x stands for in an equation modulo `modulus`.

    A string is a bracketed expression with + and - of `length` - 2 symbols, one digit of it
    replaced by x, then = and the expression's value modulo `modulus`. `Expressions` says how
    expressions are drawn; x takes the place of the first digit at or behind a uniform place, going
    round at the end. Only one digit solves an equation. The symbols are those of expressions, then
    x and =. The paper's modulus is 5.

    The shortest equation has 3 symbols. The authors' code has strings of 1 and 2 zeros, answered by
    zero, too.
    """

    min_length: int = 3
    modulus: int = 5

    shortest: ClassVar[int] = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole(self, modulus=2)

    @property
    def shown_symbols(self) -> int:
        return self.modulus + 7

    @property
    def answer_symbols(self) -> int:
        return self.modulus

    def draw(self, rng: np.random.Generator, length: int, batch_size: int) -> Strings:
        expressions = Expressions(rng, self.modulus, operators=2)
        drawn = [self._equation(expressions, length) for _ in range(batch_size)]
        shown_BT, solutions = zip(*drawn, strict=True)
        return Strings(np.array(shown_BT).T, np.array([solutions]))

    def _equation(self, expressions: Expressions, length: int) -> tuple[list[int], int]:
        symbols, value = expressions.draw(length - 2)
        place = expressions.below(length - 2)
        while symbols[place] >= self.modulus:
            place = (place + 1) % len(symbols)
        solution, symbols[place] = symbols[place], self.modulus + 5
        return [*symbols, self.modulus + 6, value], solution
