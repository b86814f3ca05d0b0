"""How the tests of tasks draw: a batch by its seed, and hypothesis' choice of seeds."""

import numpy as np
from hypothesis import strategies as st

from envs import Batch, Task

seeds = st.integers(0, 2**32 - 1)


def sample(task: Task, seed: int, batch_size: int = 3, **options: int) -> Batch:
    return task.sample(np.random.default_rng(seed), batch_size, **options)
