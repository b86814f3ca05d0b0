"""A memory tape beside the tapes of a task: external memory that is a part of the environment."""

from __future__ import annotations

from typing import Any

import numpy as np

from .base import Tapes
from .machine import Machine, Strip

MOVES = ("left", "stay", "right")
"""What the head of a memory tape can do; the columns change by -1, 0 and 1."""


class WithMemory(Machine):
    """Another machine and, for each of its episodes, a tape to write on and to read again.

    An action has three more parts, for the memory what the first three are for input and output:
    (move, whether to write, symbol). An observation has one more, the symbol under the memory's
    head. As the memory tape of the RL-NTM (Zaremba & Sutskever, 2015), of whose vectors symbols
    take the place, it is written where the head stands, then the head moves, and what is seen next
    stands where it moved to. An episode begins on a blank tape. The tape is a ring of `cells`.
    """

    def __init__(self, machine: Machine, count: int, symbols: int, cells: int) -> None:
        self.blank, self.cells = symbols, cells
        self.inner = machine
        self.action_parts = (*machine.action_parts, len(MOVES), 2, symbols)
        self.observation_parts = (*machine.observation_parts, symbols + 1)
        self._memory_BN = np.full((count, cells), self.blank)
        self._starts_B = np.arange(count) * cells
        self._heads_B = np.zeros(count, np.int64)

    def load(self, rows: Any, tapes: Tapes) -> None:
        self.inner.load(rows, tapes)
        self._memory_BN[rows] = self.blank
        self._heads_B[rows] = 0

    def step(self, actions_BA: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        move_B, write_B, symbol_B = actions_BA[:, -3:].T
        here_B, flat = self._starts_B + self._heads_B, self._memory_BN.reshape(-1)
        flat[here_B] = np.where(write_B == 1, symbol_B, flat.take(here_B))
        self._heads_B = (self._heads_B + move_B - 1) % self.cells
        return self.inner.step(actions_BA)

    def observe(self) -> np.ndarray:
        read_B = self._memory_BN.reshape(-1).take(self._starts_B + self._heads_B)
        return np.column_stack((self.inner.observe(), read_B))

    def strips(self, row: int) -> list[Strip]:
        inner, head = self.inner.strips(row), (int(self._heads_B[row]), 0)
        cells = self._memory_BN[row, :, None].copy()
        return [*inner, Strip("memory", cells, self.blank, head, inner[0].letters)]
