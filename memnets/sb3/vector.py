"""gymnasium's vector environments as those of stable-baselines3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvStepReturn


class FromVector(VecEnv):
    """A gymnasium VectorEnv for stable-baselines3, with what each episode ended on.

        FromVector(gym.make_vec(env_id, 64, vectorization_mode="vector_entry_point",
                                autoreset_mode=AutoresetMode.SAME_STEP))

    The environments must begin anew in the step that ends an episode (SAME_STEP); ValueError
    otherwise. The last observation is then in `info["terminal_observation"]`, and
    `info["TimeLimit.truncated"]` says whether a time limit cut the episode off.
    """

    def __init__(self, vector: VectorEnv[Any, Any, Any]) -> None:
        mode = vector.metadata.get("autoreset_mode")
        if mode != AutoresetMode.SAME_STEP:
            raise ValueError(
                f"the vector begins anew by {mode}: make it with "
                f"autoreset_mode=AutoresetMode.SAME_STEP"
            )
        self.vector = vector
        self._actions: Any = None
        # asked for by the base class
        self.render_mode = vector.render_mode
        super().__init__(
            vector.num_envs, vector.single_observation_space, vector.single_action_space
        )

    def reset(self) -> Any:
        seeds: Any = None if all(seed is None for seed in self._seeds) else list(self._seeds)
        options, *others = self._options
        if any(other != options for other in others):
            raise ValueError("a vector begins anew with one set of options for all environments")
        observations, infos = self.vector.reset(seed=seeds, options=options or None)
        self.reset_infos = [_of_row(infos, row) for row in range(self.num_envs)]
        self._reset_seeds()
        self._reset_options()
        return observations

    def step_async(self, actions: np.ndarray) -> None:
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        observations, rewards, terminated, truncated, found = self.vector.step(self._actions)
        dones = terminated | truncated
        infos = [_of_row(found, row) for row in range(self.num_envs)]
        for row in np.flatnonzero(dones):
            infos[row] |= infos[row].pop("final_info", {})
            infos[row]["terminal_observation"] = infos[row].pop("final_obs")
            infos[row]["TimeLimit.truncated"] = bool(truncated[row] and not terminated[row])
        return observations, np.asarray(rewards, dtype=np.float32), dones, infos

    def close(self) -> None:
        self.vector.close()

    def get_images(self) -> Sequence[np.ndarray | None]:
        images: Any = self.vector.render()
        return [None] * self.num_envs if images is None else list(images)

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        value = getattr(self.vector, attr_name)
        return [value for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        setattr(self.vector, attr_name, value)

    def env_method(
        self, method_name: str, *arguments: Any, indices: Any = None, **options: Any
    ) -> list[Any]:
        """What the vector as a whole gives, once for each of the environments asked for."""
        given = getattr(self.vector, method_name)(*arguments, **options)
        return [given for _ in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """No: the environments of a native vector are one object."""
        return [False for _ in self._get_indices(indices)]


def _of_row(infos: Mapping[str, Any], row: int) -> dict[str, Any]:
    """The info of one environment: what a mask says that it does not have is left out."""
    found: dict[str, Any] = {}
    for name, value in infos.items():
        if name.startswith("_") or not infos.get(f"_{name}", _EVERY)[row]:
            continue
        found[name] = _of_row(value, row) if isinstance(value, dict) else value[row]
    return found


class _Every:
    """A mask that is true everywhere."""

    def __getitem__(self, row: int) -> bool:
        return True


_EVERY: Any = _Every()
