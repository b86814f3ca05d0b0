"""How far a trial has come in its curriculum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from envs.tasks.base import Batch, Task


@dataclass
class Standing:
    """How far a trial has come in its curriculum; a checkpoint holds it.

    `level` is a length, or the number of a lesson. `recent` is a running mean of errors, `raised`
    the update at which the level last rose, and `hardest_B` which sequences of the present batch
    count for that mean.
    """

    level: int
    recent: float = 1.0
    raised: int = 0
    hardest_B: Any = None

    def updated(
        self, step: int, error: float, *, most: int, errors: float, decay: float, apart: int
    ) -> None:
        """Take in the error of update `step`, a fraction, and rise by one level if it is time.

        The mean keeps `decay` of itself at each update. When it is below `errors`, and the last
        rise at least `apart` updates ago, the level rises, unless it is `most`, and the mean begins
        again at 1.
        """
        self.recent = decay * self.recent + (1 - decay) * error
        if self.recent < errors and step - self.raised >= apart and self.level < most:
            self.level, self.recent, self.raised = self.level + 1, 1.0, step

    def error(self, task: Task, decided: np.ndarray, batch: Batch) -> float:
        """The share of wrong answers among those of the sequences that count.

        In the batch each sequence may stand several times, side by side.
        """
        times = batch.mask_TB.shape[1] // len(self.hardest_B)
        scored_TB = batch.mask_TB & np.repeat(self.hardest_B, times)
        wrong_TB = task.answer.errors(decided, batch.targets_TBY)
        return float(wrong_TB[scored_TB].mean()) / task.answer.target_size
