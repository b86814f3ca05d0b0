"""Measures how many steps a second a vector environment makes."""

from __future__ import annotations

import itertools
import math
import time
from typing import Any

from gymnasium.vector import AutoresetMode

from .registration import vector_env

_DRAWS = 64


def benchmark(name: str, num_envs: int = 256, seconds: float = 2.0) -> dict[str, Any]:
    """Count the steps that a native vector environment makes in this many seconds.

    `name` is that of a task, or of an environment without `memnets/` and version: `tape_copy`. The
    actions are drawn beforehand, uniformly. Drawing of new episodes is part of the time. Steps per
    `processor_second` say what one core would do that runs nothing else.
    """
    if not 0 < seconds < math.inf:
        raise ValueError(f"seconds is {seconds}; a finite number above 0 is needed.")
    env = vector_env(name, num_envs, autoreset_mode=AutoresetMode.SAME_STEP)
    env.reset(seed=0)
    env.action_space.seed(0)
    actions = itertools.cycle([env.action_space.sample() for _ in range(_DRAWS)])
    steps, spent = 0, 0.0
    start, busy = time.perf_counter(), time.process_time()
    while spent < seconds:
        env.step(next(actions))
        steps += num_envs
        spent = time.perf_counter() - start
    return {
        "name": name,
        "num_envs": num_envs,
        "seconds": spent,
        "steps": steps,
        "steps_per_second": steps / spent,
        "steps_per_processor_second": steps / (time.process_time() - busy),
    }
