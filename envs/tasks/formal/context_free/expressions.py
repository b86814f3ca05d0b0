"""Random bracketed expressions and their values: what two tasks show (Delétang et al. 2023)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import add, mul, sub

import numpy as np

PLUS, MINUS, TIMES, OPEN, CLOSE = range(5)
"""Symbols of expressions; they are counted from behind the digits."""
OPERATORS: dict[int, Callable[[int, int], int]] = {PLUS: add, MINUS: sub, TIMES: mul}


class Expressions:
    """Draws expressions over the digits below `modulus`, with the first `operators` of + - ×.

    An expression of length 1 is a digit d, of length 2 -d, of length 3 (d), and of length 4 (-d).
    From 5 on it is (left operator right), where left has a length from 1 to `length` - 4, uniform,
    and right what is left. Symbols are the digits, then + - × ( and ).
    """

    def __init__(self, rng: np.random.Generator, modulus: int, operators: int) -> None:
        self.modulus, self.operators = modulus, operators
        self._uniform = _uniform_numbers(rng)

    def below(self, limit: int) -> int:
        """A whole number from 0 on, below the limit; uniform."""
        return int(next(self._uniform) * limit)

    def draw(self, length: int) -> tuple[list[int], int]:
        """The symbols of an expression, and its value modulo `modulus`."""
        symbols: list[int] = []
        value = self._append(symbols, length)
        return symbols, value

    def _append(self, symbols: list[int], length: int) -> int:
        if length < 5:
            return self._append_digit(symbols, negative=length % 2 == 0, bracketed=length > 2)
        left, operator = 1 + self.below(length - 4), self.below(self.operators)
        symbols.append(self.modulus + OPEN)
        value = self._append(symbols, left)
        symbols.append(self.modulus + operator)
        value = OPERATORS[operator](value, self._append(symbols, length - 3 - left))
        symbols.append(self.modulus + CLOSE)
        return value % self.modulus

    def _append_digit(self, symbols: list[int], *, negative: bool, bracketed: bool) -> int:
        digit = self.below(self.modulus)
        before = [self.modulus + OPEN] * bracketed + [self.modulus + MINUS] * negative
        symbols += [*before, digit, *[self.modulus + CLOSE] * bracketed]
        return (-digit if negative else digit) % self.modulus


def _uniform_numbers(rng: np.random.Generator) -> Iterator[float]:
    """Numbers in [0, 1), drawn many at a time, because one at a time is slow."""
    while True:
        yield from rng.random(1_024).tolist()
