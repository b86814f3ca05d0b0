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
    parts = [task.sample(rng, count, length) for length, count in groups]
    steps = max(len(part.mask_TB) for part in parts)
    arrays = zip(*parts, strict=True)
    return Batch(*(np.concatenate([_padded(part, steps) for part in same], 1) for same in arrays))


def last_scored(mask_TB: np.ndarray) -> np.ndarray:
    """Which steps are no later than their sequence's last scored one, (T, B)."""
    return np.maximum.accumulate(mask_TB[::-1])[::-1].copy()


def _padded(array_TB: np.ndarray, steps: int) -> np.ndarray:
    silent = [(0, steps - len(array_TB)), *[(0, 0)] * (array_TB.ndim - 1)]
    return np.pad(array_TB, silent)
