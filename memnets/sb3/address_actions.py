"""Environments whose actions hold the slots that the agent's memory is to use."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvStepReturn

from .chosen_core import address_choices
from .core import Memory


class AddressActions(VecEnvWrapper):
    """Widens the actions of environments by one choice of a slot per decision of a memory.

        RecurrentPPO(AddressPolicy, AddressActions(env, "dntm"), policy_kwargs={"memory": "dntm"})

    The policy draws slots and action together, so that stored actions say where the memory was
    written and read. The environments never see the slots. Discrete, MultiDiscrete and MultiBinary
    actions become one MultiDiscrete; ValueError for others.
    """

    def __init__(self, venv: VecEnv, memory: Memory) -> None:
        own = venv.action_space
        choices = address_choices(memory)
        widened = spaces.MultiDiscrete(np.array([*_choices(own), *choices]))
        super().__init__(venv, action_space=widened)
        self._own, self._decisions = own, len(choices)

    def step_async(self, actions: np.ndarray) -> None:
        kept = actions[:, : -self._decisions]
        if isinstance(self._own, spaces.Discrete):
            kept = kept[:, 0] + self._own.start
        self.venv.step_async(kept.astype(self._own.dtype))

    def step_wait(self) -> VecEnvStepReturn:
        return self.venv.step_wait()

    def reset(self) -> Any:
        return self.venv.reset()


def _choices(space: spaces.Space[Any]) -> list[int]:
    if isinstance(space, spaces.Discrete):
        return [int(space.n)]
    if isinstance(space, spaces.MultiDiscrete) and space.nvec.ndim == 1:
        return [int(n) for n in space.nvec]
    if isinstance(space, spaces.MultiBinary) and isinstance(space.n, int):
        return [2] * space.n
    raise ValueError(
        f"slots are chosen beside Discrete, MultiDiscrete or MultiBinary actions, not {space}: "
        f"train whole episodes (EpisodicReinforce) instead"
    )
