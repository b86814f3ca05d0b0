"""Tapes, heads and clocks of many episodes, stepped together as arrays.

Shapes: B episodes, A parts of an action, X columns and Y rows of an input tape, T target symbols.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces

from .base import NOTHING, STEPS, Tapes, TapeTask


class Strip(NamedTuple):
    """A tape as it is drawn."""

    name: str
    symbols_XY: np.ndarray
    """int64; `blank` where nothing stands"""
    blank: int
    head: tuple[int, int] | None
    """Column and row in `symbols_XY`; None for a tape without a head, or one that is far off."""
    letters: str


class Machine(ABC):
    """Some tapes with heads. What stands behind a tape's name is in `TapeTask`."""

    action_parts: tuple[int, ...]
    """How many choices each part of an action has."""
    observation_parts: tuple[int, ...]
    """How many values each part of an observation has."""

    @abstractmethod
    def load(self, rows: Any, tapes: Tapes) -> None:
        """Begin an episode in these rows, an index of arrays."""

    @abstractmethod
    def step(self, actions_BA: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Act in all rows; rewards `(B,)`, and whether the episode is over `(B,)`."""

    @abstractmethod
    def observe(self) -> np.ndarray:
        """What the heads see, a fresh array: `(B,)`, or `(B, parts)` where there are several."""

    @abstractmethod
    def strips(self, row: int) -> list[Strip]:
        """The tapes of an episode as they are drawn."""

    @property
    def action_space(self) -> spaces.MultiDiscrete:
        """The gymnasium space of one action."""
        return spaces.MultiDiscrete(list(self.action_parts))

    @property
    def observation_space(self) -> spaces.Discrete | spaces.MultiDiscrete:
        """The gymnasium space of one observation."""
        if len(self.observation_parts) == 1:
            return spaces.Discrete(*self.observation_parts)
        return spaces.MultiDiscrete(list(self.observation_parts))


class TapeMachine(Machine):
    """Input tape, output tape and clock; an action is (move, whether to write, symbol).

    First the symbol is written, then the head moves, then the clock decides. A step past the time
    limit has reward -1, whatever was written, and ends the episode. As in gym, nothing stops
    further steps after the end: they go on by the same rules.
    """

    def __init__(self, task: TapeTask, count: int, keep_outputs: bool = False) -> None:
        self.task = task
        self.action_parts = (len(task.moves), 2, task.base)
        self.observation_parts = (task.base + 1,)
        self._steps_2M = np.array([STEPS[move] for move in task.moves]).T.copy()
        self._keeps_outputs = keep_outputs
        # a border of blanks, one wide, stands for all that is off the tape
        self.inputs_BXY = np.full((count, 2, task.rows + 2), task.base)
        self.targets_BT = np.full((count, 1), NOTHING)
        self._outputs_BT = self.targets_BT.copy()
        self._numbers = np.zeros((8, count), np.int64)
        self.heads_2B = self._numbers[:2]
        """Column and row of the head of each input tape, also off the tape."""
        self.time_B, self.written_B, self.right_B = self._numbers[2:5]
        self.lengths_B, self.target_lengths_B, self.limits_B = self._numbers[5:]
        self.returns_B = np.zeros(count)

    @property
    def solved_B(self) -> np.ndarray:
        """Whether all of the target was written in time."""
        return (self.right_B == self.target_lengths_B) & (self.time_B <= self.limits_B)

    def load(self, rows: Any, tapes: Tapes) -> None:
        self._make_room(tapes)
        columns, symbols = tapes.inputs_BXY.shape[1], tapes.targets_BT.shape[1]
        inputs_BXY = self._blank_BXY[: len(tapes.lengths_B)].copy()
        inputs_BXY[:, 1 : columns + 1, 1:-1] = tapes.inputs_BXY
        self.inputs_BXY[rows] = inputs_BXY
        self.targets_BT[rows, :symbols] = tapes.targets_BT
        self.targets_BT[rows, symbols:] = NOTHING
        if self._keeps_outputs:
            self._outputs_BT[rows] = NOTHING
        self._numbers[:, rows] = 0
        self.lengths_B[rows] = tapes.lengths_B
        self.target_lengths_B[rows] = tapes.target_lengths_B
        self.limits_B[rows] = self.task.time_limits(tapes.lengths_B, tapes.target_lengths_B)
        self.returns_B[rows] = 0

    def step(self, actions_BA: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        move_B, write_B, symbol_B = actions_BA[:, :3].T
        writes_B = write_B == 1
        if self.task.forced:
            missing_B = self.target_lengths_B - self.written_B
            writes_B |= missing_B >= self.limits_B - self.time_B
        # behind the last symbol of a target there is always a place with NOTHING
        place_B = np.minimum(self.written_B, self.targets_BT.shape[1] - 1)
        wanted_B = self.targets_BT.reshape(-1).take(self._target_starts_B + place_B)
        right_B = writes_B & (wanted_B == symbol_B)
        wrong_B = writes_B ^ right_B
        if self._keeps_outputs:
            self._outputs_BT[np.flatnonzero(writes_B), place_B[writes_B]] = symbol_B[writes_B]
        self.written_B += writes_B
        self.right_B += right_B
        self.time_B += 1
        over_B = writes_B & (self.written_B >= self.target_lengths_B)
        if self.task.wrong_ends:
            over_B |= wrong_B
        self.heads_2B += self._steps_2M[:, move_B]
        late_B = self.time_B > self.limits_B
        rewards_B = np.where(late_B, -1.0, right_B + self.task.wrong_reward * wrong_B)
        self.returns_B += rewards_B
        return rewards_B, over_B | late_B

    def observe(self) -> np.ndarray:
        # far off the tape is as blank as the border
        column_B, row_B = np.minimum(np.maximum(self.heads_2B + 1, 0), self._border_21)
        place_B = self._input_starts_B + column_B * self.inputs_BXY.shape[2] + row_B
        return self.inputs_BXY.reshape(-1).take(place_B)

    def strips(self, row: int) -> list[Strip]:
        shown: np.ndarray = self.inputs_BXY[row, : self.lengths_B[row] + 2]
        column, line = (int(place) + 1 for place in self.heads_2B[:, row])
        # a border above and below is there for the head of a grid only
        if self.task.rows == 1:
            shown, line = shown[:, 1:2], line - 1
        inside = 0 <= column < len(shown) and 0 <= line < shown.shape[1]
        head = (column, line) if inside else None
        places = slice(0, int(self.target_lengths_B[row]))
        blank, letters = self.task.base, self.task.letters
        written, target = self._outputs_BT[row, places, None], self.targets_BT[row, places, None]
        return [
            Strip("input", shown.copy(), blank, head, letters),
            Strip("output", np.where(written == NOTHING, blank, written), blank, None, letters),
            Strip("target", target.copy(), blank, None, letters),
        ]

    def _make_room(self, tapes: Tapes) -> None:
        """Widen the arrays where these tapes are longer than any before."""
        columns = max(tapes.inputs_BXY.shape[1] + 2, self.inputs_BXY.shape[1])
        symbols = max(tapes.targets_BT.shape[1] + 1, self.targets_BT.shape[1])
        if (columns, symbols) == (self.inputs_BXY.shape[1], self.targets_BT.shape[1]):
            return
        count = len(self.inputs_BXY)
        self.inputs_BXY = _wider(self.inputs_BXY, columns, self.task.base)
        self._blank_BXY = np.full_like(self.inputs_BXY, self.task.base)
        self.targets_BT = _wider(self.targets_BT, symbols, NOTHING)
        self._outputs_BT = _wider(self._outputs_BT, symbols, NOTHING)
        self._border_21 = np.array(self.inputs_BXY.shape[1:])[:, None] - 1
        self._input_starts_B = np.arange(count) * self.inputs_BXY[0].size
        self._target_starts_B = np.arange(count) * symbols


def _wider(array: np.ndarray, columns: int, filling: int) -> np.ndarray:
    """The array with so many columns, the second axis; new ones are filled."""
    wide = np.full((array.shape[0], columns, *array.shape[2:]), filling)
    wide[:, : array.shape[1]] = array
    return wide
