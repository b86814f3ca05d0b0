"""Gym's curriculum: longer tapes after so many good episodes in a row."""

from __future__ import annotations

from typing import Any

import numpy as np

from .base import TapeTask

LONGEST = 30
"""The shortest length is not raised beyond this."""


class Promotion:
    """The shortest length of every environment, raised by one where its agent does well.

    An episode is good where its return stays at most `promotion_shortfall` below the best one, the
    length of the target. After `promotion_after` good episodes in a row the shortest length goes up
    by one and counting starts anew. In gym all environments of a process shared one such length,
    which nothing reset. Here every environment has its own, in sight, and a seed starts it anew.
    """

    def __init__(self, task: TapeTask, count: int, enabled: bool) -> None:
        self.task = task
        self.enabled = enabled
        self.shortest_B = np.full(count, task.min_length)
        self._good_B = np.zeros(count, np.int64)

    def restart(self, rows: Any) -> None:
        """Go back to the first length in these rows."""
        self.shortest_B[rows] = self.task.min_length
        self._good_B[rows] = 0

    def count(self, rows: Any, shortfalls_B: np.ndarray, begun_B: np.ndarray) -> None:
        """Count the episodes of these rows by how far they stayed below their best return.

        Where none was begun, none is counted.
        """
        good_B = (shortfalls_B <= self.task.promotion_shortfall) & begun_B
        self._good_B[rows] = np.where(good_B, self._good_B[rows] + 1, 0)
        promoted_B = self._good_B[rows] >= self.task.promotion_after
        promoted_B &= self.shortest_B[rows] < LONGEST
        self.shortest_B[rows] += promoted_B
        self._good_B[rows] *= ~promoted_B
