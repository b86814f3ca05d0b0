"""What a tape task is: a generator of input tapes, what to write about them, and by which rules.

Shapes: B episodes, X columns and Y rows of an input tape, T symbols of a target.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, NamedTuple

import numpy as np

from memnets.registry import Registry

from ..building import build

tapes: Registry[Any] = Registry("memnets.tapes", home="envs.tapes")

STEPS = {"left": (-1, 0), "stay": (0, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
"""How a move changes the column and the row of the head."""
NOTHING = -1
"""What stands in targets behind their end: no symbol equals it."""


class Tapes(NamedTuple):
    """Input tapes and their targets, one of each per episode."""

    inputs_BXY: np.ndarray
    """int64; the blank, which is the task's `base`, behind the end of a tape"""
    lengths_B: np.ndarray
    """Columns of each input tape."""
    targets_BT: np.ndarray
    """int64; NOTHING behind the end of a target"""
    target_lengths_B: np.ndarray
    """Symbols of each target."""


class TapeTask(ABC):
    """A tape task with its options; concrete tasks are frozen dataclasses of keyword options.

    An episode has an input tape with a head to move and an empty output tape, on which the target
    is to be written, symbol by symbol. Symbols are 0 … base - 1; off the tape is the blank, `base`.
    """

    base: int
    """Number of symbols."""
    min_length: int
    """The shortest length that is drawn; see `draw_lengths`."""

    moves: ClassVar[tuple[str, ...]] = ("left", "right")
    """What the head of the input tape can do, by the names in STEPS."""
    wrong_reward: ClassVar[float] = -0.5
    """Reward of a wrong symbol; a right one has 1."""
    wrong_ends: ClassVar[bool] = True
    """Whether a wrong symbol ends the episode."""
    forced: ClassVar[bool] = False
    """Whether steps write, asked or not, once only as many are left as symbols are missing."""
    promotion_after: ClassVar[int] = 10
    """Good episodes in a row after which a curriculum goes on to the next length."""
    promotion_shortfall: ClassVar[float] = 1.0
    """How far below its best return an episode may stay and be good."""
    letters: ClassVar[str] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    """How symbols are shown, from 0 on."""

    @abstractmethod
    def draw(self, rng: np.random.Generator, lengths_B: np.ndarray) -> np.ndarray:
        """Input tapes of these lengths, `(B, X, Y)`; what stands behind their ends is ignored."""

    @abstractmethod
    def target(self, inputs_BXY: np.ndarray, lengths_B: np.ndarray) -> Target:
        """What is to be written about input tapes of so many columns."""

    def refuses(self, tape_XY: np.ndarray) -> str | None:
        """A sentence on why symbols of somebody's own are no input tape of this task, or None."""
        return None

    def columns(self, lengths_B: np.ndarray) -> np.ndarray:
        """How many columns the input tapes of these lengths have."""
        return lengths_B

    def time_limits(self, lengths_B: np.ndarray, target_lengths_B: np.ndarray) -> np.ndarray:
        """Steps that an episode may take; the step after the last one costs 1 and ends it."""
        return lengths_B + target_lengths_B + 4

    @property
    def rows(self) -> int:
        """Rows of the input tape."""
        return 1

    @property
    def memory_symbols(self) -> int:
        """Symbols of a memory tape with which an agent without memory can solve the task."""
        return self.base

    def draw_lengths(self, rng: np.random.Generator, shortest_B: np.ndarray) -> np.ndarray:
        """A length for each episode: the shortest one, or one or two more."""
        return shortest_B + rng.integers(3, size=len(shortest_B))

    def tapes(self, inputs_BXY: np.ndarray, columns_B: np.ndarray) -> Tapes:
        """The given input tapes, of so many columns, with their targets."""
        behind_BX = np.arange(inputs_BXY.shape[1]) >= columns_B[:, None]
        inputs_BXY = np.where(behind_BX[..., None], self.base, inputs_BXY)
        targets_BT, target_lengths_B = self.target(inputs_BXY, columns_B)
        return Tapes(inputs_BXY, columns_B, targets_BT, target_lengths_B)


class Target(NamedTuple):
    """Symbols to write, and how many, per episode."""

    symbols_BT: np.ndarray
    lengths_B: np.ndarray


def copied(inputs_BXY: np.ndarray, source_BT: np.ndarray, lengths_B: np.ndarray) -> Target:
    """The target whose symbols are those of the first row of the input in these columns."""
    inside_BT = np.minimum(np.maximum(source_BT, 0), inputs_BXY.shape[1] - 1)
    symbols_BT = inputs_BXY[np.arange(len(lengths_B))[:, None], inside_BT, 0]
    return Target(up_to(symbols_BT, lengths_B), lengths_B)


def up_to(symbols_BT: np.ndarray, lengths_B: np.ndarray) -> np.ndarray:
    """The symbols, with NOTHING behind these lengths."""
    return np.where(np.arange(symbols_BT.shape[1]) < lengths_B[:, None], symbols_BT, NOTHING)


def places(lengths_B: np.ndarray) -> np.ndarray:
    """0, 1, 2, … up to the largest of the lengths, as a row: `(1, T)`."""
    return np.arange(lengths_B.max())[None]


def make_tape(name: str, /, **options: Any) -> TapeTask:
    """The tape task of that name with these options.

    Raises UnknownName for the name and a one-line ValueError for an option that does not exist or
    is out of range.
    """
    return build(tapes, name, options)
