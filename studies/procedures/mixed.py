"""Batches whose sequences differ in length: the shorter ones are followed by silent steps."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from envs.tasks.base import Batch, Task


def sample_lengths(task: Task, rng: np.random.Generator, lengths_B: np.ndarray) -> Batch:
    """New sequences of these lengths, which rise. Steps after a sequence are zero and not scored.

    Equal lengths are sampled together: one call of the task for each length.
    """
    groups = [(length, len(list(same))) for length, same in groupby(lengths_B.tolist())]
    return Batch.joined([task.sample(rng, count, length) for length, count in groups])


def last_scored(mask_TB: np.ndarray) -> np.ndarray:
    """Which steps are no later than their sequence's last scored one, (T, B)."""
    return np.maximum.accumulate(mask_TB[::-1])[::-1].copy()
