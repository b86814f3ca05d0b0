"""Measures how many steps a second a vector environment makes."""

from __future__ import annotations

import math
import time
from typing import Any

from gymnasium.vector import AutoresetMode

from .vector_env import TaskVectorEnv


def benchmark(task: str, num_envs: int = 256, seconds: float = 2.0) -> dict[str, Any]:
    """Count the steps that a `TaskVectorEnv` makes in this many seconds.

    The actions are drawn once, beforehand. Drawing the batches of new episodes is part of the time.
    """
    if not 0 < seconds < math.inf:
        raise ValueError(f"seconds is {seconds}; a finite number above 0 is needed.")
    env = TaskVectorEnv(task, num_envs, autoreset_mode=AutoresetMode.SAME_STEP)
    env.reset(seed=0)
    env.action_space.seed(0)
    actions = env.action_space.sample()
    steps, spent, start = 0, 0.0, time.perf_counter()
    while spent < seconds:
        env.step(actions)
        steps += num_envs
        spent = time.perf_counter() - start
    return {
        "task": task,
        "num_envs": num_envs,
        "seconds": spent,
        "steps": steps,
        "steps_per_second": steps / spent,
    }
