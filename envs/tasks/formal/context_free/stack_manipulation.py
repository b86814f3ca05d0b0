"""Stack manipulation: a stack, pushes and pops, and what is left (Delétang et al. 2023)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...base import tasks
from ...strings import NOTHING, Strings, StringTask

POP, END = 2, 2


@tasks.register("stack_manipulation")
@dataclass(frozen=True, kw_only=True)
class StackManipulation(StringTask):
    """Apply pops and pushes to a stack of bits, and give what is left, from its top to its bottom.

    A string is a stack of 1 to `length` - 1 bits, from bottom to top, then actions to its end: of
    its symbols, 0 and 1 are bits of the stack, 2 is a pop, 3 pushes a 0 and 4 pushes a 1, all
    uniform. A pop of the empty stack does nothing. A string of length 1 is a stack of one bit.

    The answer ends with the symbol 2. Steps after it are not scored, and cost nothing in training;
    the authors' code asks for zeros there in training, and does not score them either.
    """

    shown_symbols = 5
    answer_symbols = 3

    def draw(self, rng: np.random.Generator, length: int, batch_size: int) -> Strings:
        sizes_B = rng.integers(1, max(2, length), size=batch_size)
        bits_TB = rng.integers(2, size=(length, batch_size))
        actions_TB = rng.integers(POP, 5, size=(length, batch_size))
        shown_TB = np.where(np.arange(length)[:, None] < sizes_B, bits_TB, actions_TB)
        return Strings(shown_TB, _from_the_top(*_run(shown_TB)))

    def answered(self, length: int) -> float:
        if length == 1:
            return 2.0
        # the height that is expected after some actions, by the height before them
        expected, ends = np.arange(length + 1.0), []
        for _ in range(1, length):
            popped = np.concatenate([expected[:1], expected[:-2]])
            expected = popped / 3 + expected[1:] * 2 / 3
            # so many actions follow a stack of all other symbols
            ends.append(expected[-1])
        return 1 + float(np.mean(ends))


def _run(shown_TB: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The final stacks, `(height, B)` from bottom to top, and their heights."""
    rows = np.arange(shown_TB.shape[1])
    content_ZB, height_B = np.zeros_like(shown_TB), np.zeros_like(shown_TB[0])
    for symbol_B in shown_TB:
        pop_B = symbol_B == POP
        # what a pop writes lies above the top
        content_ZB[height_B, rows] = symbol_B % 3
        height_B = np.where(pop_B, np.maximum(height_B - 1, 0), height_B + 1)
    return content_ZB, height_B


def _from_the_top(content_ZB: np.ndarray, height_B: np.ndarray) -> np.ndarray:
    below_ZB = height_B - 1 - np.arange(len(content_ZB) + 1)[:, None]
    answers_ZB = np.take_along_axis(content_ZB, below_ZB.clip(0), 0)
    return np.where(below_ZB >= 0, answers_ZB, np.where(below_ZB == -1, END, NOTHING))
