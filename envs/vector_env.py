"""A task as a gymnasium vector environment: many sequences at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode

from .batched_env import BatchedEnv
from .building import built
from .cursor import Cursor
from .env import draw, observation_space
from .picture import picture
from .tasks.base import Batch, Task, tasks

Rows = slice | np.ndarray


class _Group(NamedTuple):
    """Environments that were reset together and end together: they are at the same time step."""

    rows: Rows
    cursor: Cursor


class TaskVectorEnv(BatchedEnv):
    """Many sequences of a task as episodes at the same time; otherwise like `TaskEnv`.

    Environments that are reset together share one batch from one `task.sample`, so `reset(seed=5)`
    shows the batch that training draws from that seed. They end together where its sequences have
    one length, and each with its own sequence where they have not.
    `autoreset_mode` is any mode of gymnasium, as the enumeration member or its value. In any mode,
    `reset(options={"reset_mask": mask})` restarts only some environments.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 4}

    def __init__(
        self,
        task: Task | str,
        num_envs: int = 1,
        length: int | None = None,
        *,
        max_episode_steps: int | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(num_envs, max_episode_steps, autoreset_mode, render_mode)
        self.task: Task = built(tasks, task, options)
        self.length = length
        self._set_spaces(observation_space(self.task), self.task.answer.space())
        self._groups: list[_Group] = []

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start episodes in all environments, or in those of `options["reset_mask"]`.

        One seed restarts the generator that all environments share. A list of seeds, one for each
        environment, gives each a generator of its own, as in gymnasium's vector environments. Each
        then shows what a `TaskEnv` with its seed shows, also after later resets without a seed.
        A None in the list leaves that environment's generator as it is.
        """
        options = dict(options or {})
        mask_B = self._mask(options.pop("reset_mask", None))
        self._seed(seed, mask_B)
        fresh = self._begin(mask_B, options)
        self._groups = [*self._without(mask_B), *fresh]
        return self._observations(), self._infos(fresh)

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
            self._groups = [*live, *self._begin(ended_B, {})]
        infos = {**final, **self._infos(self._groups)}
        return self._observations(), rewards_B, terminated_B, truncated_B, infos

    def render(self) -> tuple[np.ndarray, ...] | None:
        """One picture per environment, as `TaskEnv.render` gives it; longer episodes are wider."""
        if self.render_mode is None or not self._groups:
            return None
        pictures = {}
        for rows, cursor in self._groups:
            for row, index in enumerate(np.arange(self.num_envs)[rows]):
                pictures[index] = picture(cursor.batch, cursor.answers or [], row)
        return tuple(pictures[index] for index in range(self.num_envs))

    @property
    def _started(self) -> bool:
        return bool(self._groups)

    def _begin(self, mask_B: np.ndarray, options: dict[str, Any]) -> list[_Group]:
        """New episodes in one group, or in a group each where environments have own generators."""
        groups = [self._draw(rows, rng, options) for rows, rng in self._draws(mask_B)]
        return [group for own in groups for group in own]

    def _draw(
        self, rows: np.ndarray, rng: np.random.Generator, options: dict[str, Any]
    ) -> list[_Group]:
        """A batch for these environments: one group, or one for each length that it has."""
        batch = draw(self.task, rng, len(rows), self.length, options)
        if batch.lengths_B is None:
            return [self._group(slice(None) if len(rows) == self.num_envs else rows, batch)]
        return [self._group(rows[same], part) for same, part in batch.by_length()]

    def _group(self, rows: Rows, batch: Batch) -> _Group:
        pictured = self.render_mode is not None
        return _Group(rows, Cursor(batch, self.task.answer, self.max_episode_steps, pictured))

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
        self, groups: Sequence[_Group], values: Sequence[np.ndarray], dtype: Any = float
    ) -> np.ndarray:
        """One array over all environments, from an array per group; zero in all other rows."""
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
        return self._spread(self._groups, seen, self.single_observation_space.dtype)

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
