"""The environments that agents are trained and tested in."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper, VecMonitor
from stable_baselines3.common.vec_env.base_vec_env import VecEnvStepReturn

import envs
from memnets.sb3 import FromVector

from ..design.data import BadData
from ..design.trial import TaskSpec

RIGHT = 1 - 1e-6
"""A return from which on an episode is a success: rewards of a task's answers add up to 1."""


def environments(spec: TaskSpec, count: int) -> Successes:
    """So many native environments `memnets/<task>-v0`, monitored, with successes.

    Raises BadData, in one line, where there is no such environment or it has no such option.
    """
    envs.register_envs()
    env_id = f"memnets/{spec.name}-v0"
    try:
        vector: Any = gymnasium.make_vec(
            env_id,
            count,
            vectorization_mode="vector_entry_point",
            autoreset_mode=AutoresetMode.SAME_STEP,
            **spec.options,
        )
    except (gymnasium.error.Error, TypeError, ValueError, LookupError) as error:
        said = " ".join(str(error).split())
        raise BadData(f"environment {env_id!r} cannot be made: {said}") from error
    return Successes(VecMonitor(FromVector(vector)))


class Successes(VecEnvWrapper):
    """Says of every episode that ends whether it was a success: `info["is_success"]`."""

    def __init__(self, venv: VecEnv) -> None:
        super().__init__(venv)
        # in float64: of a hundred shares of 1, added up in float32, too much is missing
        self._returns_B = np.zeros(venv.num_envs)

    def reset(self) -> Any:
        self._returns_B[:] = 0
        return self.venv.reset()

    def step_wait(self) -> VecEnvStepReturn:
        observations, rewards, dones, infos = self.venv.step_wait()
        self._returns_B += rewards
        for row in np.flatnonzero(dones):
            infos[row].setdefault("is_success", bool(self._returns_B[row] >= RIGHT))
        self._returns_B[dones] = 0
        return observations, rewards, dones, infos
