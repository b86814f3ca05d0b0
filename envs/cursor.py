"""A position in a batch: its observations, the rewards of answers, and the end of the episode."""

from __future__ import annotations

import math

import numpy as np

from .answers import Answer
from .tasks.base import Batch


class Cursor:
    """Steps through all sequences of a batch at once, from the first time step to the last.

    The reward of an answer is its score divided by the number of scored steps, so that a perfect
    episode returns 1. After the last step the observation is zero. With `keep_answers`, `answers`
    holds all answers so far, for a picture.
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
        """Whether the sequence has ended: the same in all rows, a fresh array."""
        return self._flags(self.time >= self.steps)

    @property
    def truncated_B(self) -> np.ndarray:
        """Whether the time limit has ended the episode: the same in all rows, a fresh array."""
        return self._flags(self.time >= self.limit)

    @property
    def steps_B(self) -> np.ndarray:
        """Steps of the whole sequence: the same in all rows, a fresh array."""
        return np.full(self.rows, self.steps)

    @property
    def over(self) -> bool:
        """Whether the episode has ended."""
        return self.time >= self.steps or self.time >= self.limit

    @property
    def inputs_BX(self) -> np.ndarray:
        """The current observations, a fresh copy."""
        if self.time >= self.steps:
            return np.zeros_like(self.batch.inputs_TBX[0])
        return self.batch.inputs_TBX[self.time].copy()

    @property
    def scored_B(self) -> np.ndarray:
        """Whether answers to the current observations are scored; a fresh array."""
        if self.time >= self.steps:
            return np.zeros_like(self.batch.mask_TB[0])
        return self.batch.mask_TB[self.time].copy()

    def answer(self, answers_B: np.ndarray) -> np.ndarray:
        """Answer the current observations and go to the next step; the reward of each row."""
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
        self.batch = self.batch.select(rows)
        if self.answers is not None:
            self.answers = [answers_B[rows] for answers_B in self.answers]
        self.rows = len(rows)
        self._share_B = self._share_B[rows]

    def _flags(self, flag: bool) -> np.ndarray:
        return np.ones(self.rows, bool) if flag else np.zeros(self.rows, bool)
