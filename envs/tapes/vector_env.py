"""A tape task as a gymnasium vector environment: many episodes at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode

from ..batched_env import BatchedEnv
from .base import TapeTask
from .episodes import Episodes, checked_actions
from .rendering import RENDERERS


class TapeVectorEnv(BatchedEnv):
    """Many episodes of a tape task at the same time; otherwise like `TapeEnv`.

    Each episode has a length of its own and ends by itself. `autoreset_mode` is any mode of
    gymnasium, as the enumeration member or its value. In any mode,
    `reset(options={"reset_mask": mask})` restarts only some environments. A curriculum is each
    environment's own. `max_episode_steps` truncates; gymnasium gives it with `make_vec`.
    """

    metadata: dict[str, Any] = {"render_modes": [*RENDERERS], "render_fps": 4}

    def __init__(
        self,
        tape: TapeTask | str,
        num_envs: int = 1,
        length: int | None = None,
        *,
        curriculum: bool = False,
        memory: bool = False,
        memory_symbols: int | None = None,
        memory_cells: int = 64,
        max_episode_steps: int | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(num_envs, max_episode_steps, autoreset_mode, render_mode)
        self.episodes = Episodes(
            tape,
            num_envs,
            length=length,
            curriculum=curriculum,
            memory=memory,
            memory_symbols=memory_symbols,
            memory_cells=memory_cells,
            keep_outputs=render_mode is not None,
            options=options,
        )
        self.task = self.episodes.task
        machine = self.episodes.machine
        self._set_spaces(machine.observation_space, machine.action_space)
        self._choices_A = machine.action_space.nvec
        self._limit = np.iinfo(np.int64).max if max_episode_steps is None else max_episode_steps
        self._over_B = np.zeros(num_envs, bool)
        self._begun = False

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start episodes in all environments, or in those of `options["reset_mask"]`.

        One seed restarts the generator that all environments share, which is fastest. A list of
        seeds, one for each environment, gives each a generator of its own, as in gymnasium's vector
        environments. Each then shows what a `TapeEnv` with its seed shows, also after later resets
        without a seed. A None in the list leaves that environment's generator as it is.
        """
        options = dict(options or {})
        mask_B = self._mask(options.pop("reset_mask", None))
        self.episodes.finish(mask_B)
        self.episodes.promotion.restart(self._seed(seed, mask_B))
        self._begin(mask_B, options)
        self._begun = True
        return self.episodes.machine.observe(), self._infos(mask_B)

    def step(
        self, actions: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Write, then move, in all environments; raises ResetNeeded where an episode is over."""
        disabled = self.autoreset_mode is AutoresetMode.DISABLED
        if not self._begun or (disabled and self._over_B.any()):
            raise ResetNeeded("TapeVectorEnv: there are episodes to start; call reset() first.")
        actions_BA = checked_actions(
            self._name, np.reshape(actions, self._action_shape), self._choices_A
        )
        # with NEXT_STEP, where an episode ended in the last step, a new one takes this step's place
        waiting_B = self._over_B
        waiting = bool(waiting_B.any())
        if waiting:
            self.episodes.finish(waiting_B)
        rewards_B, terminated_B = self.episodes.machine.step(actions_BA)
        truncated_B = self.episodes.tapes.time_B >= self._limit
        if waiting:
            self._begin(waiting_B, {})
            for values_B in (rewards_B, terminated_B, truncated_B):
                values_B[waiting_B] = 0
        self._over_B = terminated_B | truncated_B
        infos: dict[str, Any] = {}
        if self.autoreset_mode is AutoresetMode.SAME_STEP and self._over_B.any():
            infos = self._final(self._over_B)
            self.episodes.finish(self._over_B)
            self._begin(self._over_B, {})
        infos |= self._infos(None)
        return self.episodes.machine.observe(), rewards_B, terminated_B, truncated_B, infos

    def render(self) -> tuple[Any, ...] | None:
        """One picture, or one text, per environment, as `TapeEnv.render` gives it."""
        if self.render_mode is None or not self._begun:
            return None
        draw = RENDERERS[self.render_mode]
        return tuple(draw(self.episodes, row) for row in range(self.num_envs))

    @property
    def _started(self) -> bool:
        return self._begun

    def _begin(self, mask_B: np.ndarray, options: dict[str, Any]) -> None:
        drawings = self._draws(mask_B)
        rows = np.concatenate([rows for rows, _ in drawings])
        self.episodes.begin(rows, [rng for _, rng in drawings], options)
        self._over_B = self._over_B & ~mask_B

    def _infos(self, mask_B: np.ndarray | None) -> dict[str, np.ndarray]:
        """What is known of the episodes of the mask, zero elsewhere; None means all of them."""
        infos = {}
        for name, values_B in self.episodes.infos().items():
            infos[name] = values_B if mask_B is None else values_B * mask_B
            infos[f"_{name}"] = np.ones(self.num_envs, bool) if mask_B is None else mask_B.copy()
        return infos

    def _final(self, over_B: np.ndarray) -> dict[str, Any]:
        seen_B = np.full(self.num_envs, None, object)
        seen_B[over_B] = np.fromiter(self.episodes.machine.observe()[over_B], object)
        return {
            "final_obs": seen_B,
            "_final_obs": over_B.copy(),
            "final_info": self._infos(over_B),
            "_final_info": over_B.copy(),
        }
