"""A task seen through gymnasium, a whole batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from .cursor import Cursor
from .env import as_task, draw, observation_space
from .tasks.base import Task

Rows = slice | np.ndarray


class _Group(NamedTuple):
    """Environments that started together and stay in step."""

    rows: Rows
    cursor: Cursor


class TaskVectorEnv(VectorEnv[np.ndarray, np.ndarray, np.ndarray]):
    """Many sequences of a task as episodes that run in step; otherwise as `TaskEnv`.

    Environments that are reset together get one batch from one `task.sample`, so they share a
    length and end together, and `reset(seed)` shows the very batch that training draws from that
    seed. All three autoreset modes of gymnasium are there, by enumeration member or by its value;
    `reset(options={"reset_mask": mask})` restarts some environments only, in any mode. A seed
    always restarts the one generator that all environments share.
    """

    metadata: dict[str, Any] = {"render_modes": []}

    def __init__(
        self,
        task: Task | str,
        num_envs: int = 1,
        length: int | None = None,
        *,
        max_episode_steps: int | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        **options: Any,
    ) -> None:
        if num_envs < 1:
            raise ValueError(f"TaskVectorEnv: num_envs is {num_envs}; at least 1 is needed.")
        self.task = as_task(task, options)
        self.num_envs = num_envs
        self.length = length
        self.max_episode_steps = max_episode_steps
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {**self.metadata, "autoreset_mode": self.autoreset_mode}
        self.single_observation_space = observation_space(self.task)
        self.single_action_space = self.task.answer.space()
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._action_shape = (num_envs, *(self.single_action_space.shape or ()))
        self._groups: list[_Group] = []

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start episodes in all environments, or in those of `options["reset_mask"]`."""
        super().reset(seed=seed)
        options = dict(options or {})
        mask_B = self._mask(options.pop("reset_mask", None))
        fresh = self._begin(mask_B, options)
        self._groups = [*self._without(mask_B), fresh]
        return self._observations(), self._infos([fresh])

    def step(
        self, actions: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Answer the last observations; raises ResetNeeded where an episode is over."""
        live = [group for group in self._groups if not group.cursor.over]
        over = len(live) < len(self._groups)
        if not self._groups or (over and self.autoreset_mode is AutoresetMode.DISABLED):
            raise ResetNeeded("TaskVectorEnv: there are episodes to start; call reset() first.")
        actions = np.reshape(actions, self._action_shape)
        rewards_B = self._spread(live, [cursor.answer(actions[rows]) for rows, cursor in live])
        terminated_B = self._spread(live, [cursor.terminated_B for _, cursor in live], bool)
        truncated_B = self._spread(live, [cursor.truncated_B for _, cursor in live], bool)
        final: dict[str, Any] = {}
        if self.autoreset_mode is AutoresetMode.SAME_STEP:
            live = [group for group in self._groups if not group.cursor.over]
            over = len(live) < len(self._groups)
            final = self._final() if over else {}
        if over:
            ended_B = ~self._marks(live)
            self._groups = [*live, self._begin(ended_B, {})]
        infos = {**final, **self._infos(self._groups)}
        return self._observations(), rewards_B, terminated_B, truncated_B, infos

    def _begin(self, mask_B: np.ndarray, options: dict[str, Any]) -> _Group:
        rows: Rows = slice(None) if mask_B.all() else np.flatnonzero(mask_B)
        batch = draw(self.task, self.np_random, int(mask_B.sum()), self.length, options)
        return _Group(rows, Cursor(batch, self.task.answer, self.max_episode_steps))

    def _without(self, mask_B: np.ndarray) -> list[_Group]:
        kept = []
        for rows, cursor in self._groups:
            stay = np.flatnonzero(~mask_B[rows])
            if len(stay) == len(mask_B[rows]):
                kept.append(_Group(rows, cursor))
            elif len(stay):
                cursor.keep(stay)
                kept.append(_Group(np.arange(self.num_envs)[rows][stay], cursor))
        return kept

    def _spread(
        self, groups: Sequence[_Group], values: Sequence[np.ndarray], dtype: type = float
    ) -> np.ndarray:
        """One array over all environments from one per group; zero where there is no group."""
        if groups and isinstance(groups[0].rows, slice):
            return values[0]
        spread_B = np.zeros((self.num_envs, *(values[0].shape[1:] if values else ())), dtype)
        for group, value in zip(groups, values, strict=True):
            spread_B[group.rows] = value
        return spread_B

    def _marks(self, groups: Sequence[_Group]) -> np.ndarray:
        ones = [np.ones(cursor.rows, bool) for _, cursor in groups]
        return self._spread(groups, ones, bool)

    def _observations(self) -> np.ndarray:
        seen = [cursor.inputs_BX for _, cursor in self._groups]
        return self._spread(self._groups, seen, np.float32)

    def _infos(self, groups: Sequence[_Group]) -> dict[str, Any]:
        marks_B = self._marks(groups)
        return {
            "scored": self._spread(groups, [cursor.scored_B for _, cursor in groups], bool),
            "_scored": marks_B,
            "steps": self._spread(groups, [cursor.steps_B for _, cursor in groups], int),
            "_steps": marks_B.copy(),
        }

    def _final(self) -> dict[str, Any]:
        ended = [group for group in self._groups if group.cursor.over]
        seen = [np.fromiter(cursor.inputs_BX, object) for _, cursor in ended]
        observations_B, marks_B = self._spread(ended, seen, object), self._marks(ended)
        observations_B[~marks_B] = None
        return {
            "final_obs": observations_B,
            "_final_obs": marks_B,
            "final_info": self._infos(ended),
            "_final_info": marks_B.copy(),
        }

    def _mask(self, mask: Any) -> np.ndarray:
        if mask is None:
            return np.ones(self.num_envs, bool)
        mask_B = np.asarray(mask)
        if mask_B.dtype != bool or mask_B.shape != (self.num_envs,) or not mask_B.any():
            raise ValueError(
                f"TaskVectorEnv: reset_mask has shape {mask_B.shape} and type {mask_B.dtype}; "
                f"{self.num_envs} booleans, one or more of them true, are needed."
            )
        if not self._groups and not mask_B.all():
            raise ResetNeeded("TaskVectorEnv: the first reset must cover all environments.")
        return mask_B
