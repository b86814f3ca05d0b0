"""A position in a batch: what is seen there, what an answer earns, whether the episode is over."""

from __future__ import annotations

import math

import numpy as np

from .answers import Answer
from .tasks.base import Batch


class Cursor:
    """Walks all rows of a batch in step, from its first time step to its last.

    An answer earns its score divided by the number of scored steps, so that a perfect episode
    returns 1. After the last step there is nothing to see: the observation is zero. With
    `keep_answers` the answers given so far stay in `answers`, for a picture.
    """

    def __init__(
        self, batch: Batch, answer: Answer, max_steps: int | None = None, keep_answers: bool = False
    ) -> None:
        self.batch = batch
        self.answers: list[np.ndarray] | None = [] if keep_answers else None
        self.time = 0
        self.steps, self.rows = batch.mask_TB.shape
        self.limit = math.inf if max_steps is None else max_steps
        self._answer = answer
        self._share_B = 1 / np.maximum(batch.mask_TB.sum(0), 1)
        self._scored_T = np.logical_or.reduce(batch.mask_TB, axis=1).tolist()

    @property
    def terminated_B(self) -> np.ndarray:
        """Whether the sequence ended; alike in all rows, a fresh array."""
        return self._flags(self.time >= self.steps)

    @property
    def truncated_B(self) -> np.ndarray:
        """Whether the time limit ended the episode; alike in all rows, a fresh array."""
        return self._flags(self.time >= self.limit)

    @property
    def steps_B(self) -> np.ndarray:
        """Steps of the whole sequence; alike in all rows, a fresh array."""
        return np.full(self.rows, self.steps)

    @property
    def over(self) -> bool:
        """Whether there is nothing more to answer."""
        return self.time >= self.steps or self.time >= self.limit

    @property
    def inputs_BX(self) -> np.ndarray:
        """A fresh copy of what is seen now."""
        if self.time >= self.steps:
            return np.zeros_like(self.batch.inputs_TBX[0])
        return self.batch.inputs_TBX[self.time].copy()

    @property
    def scored_B(self) -> np.ndarray:
        """Whether the answer to what is seen now counts; a fresh array."""
        if self.time >= self.steps:
            return np.zeros_like(self.batch.mask_TB[0])
        return self.batch.mask_TB[self.time].copy()

    def answer(self, answers_B: np.ndarray) -> np.ndarray:
        """Answer what is seen now and move on; the reward of each row."""
        now = self.time
        self.time += 1
        if self.answers is not None:
            self.answers.append(np.array(answers_B))
        if not self._scored_T[now]:
            return np.zeros(self.rows)
        worth_B = self._share_B * self.batch.mask_TB[now]
        return self._answer.score(answers_B, self.batch.targets_TBY[now]) * worth_B

    def keep(self, rows: np.ndarray) -> None:
        """Drop all rows but these."""
        self.batch = Batch(*(array[:, rows] for array in self.batch))
        if self.answers is not None:
            self.answers = [answers_B[rows] for answers_B in self.answers]
        self.rows = len(rows)
        self._share_B = self._share_B[rows]

    def _flags(self, flag: bool) -> np.ndarray:
        return np.ones(self.rows, bool) if flag else np.zeros(self.rows, bool)
