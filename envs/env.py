"""A task as a gymnasium environment, one sequence at a time."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Box, MultiDiscrete

from .batched_env import as_render_mode
from .building import built, check_names
from .cursor import Cursor
from .picture import picture
from .tasks.base import Batch, Task, tasks


class TaskEnv(gymnasium.Env[np.ndarray, Any]):
    """One sequence of a task as an episode: observe the inputs of a step, then answer them.

    `task` is a task, or a name with the task's options as further keywords. An episode has the
    given length; where that is None, the length is drawn from the task's own. An option of `reset`
    sets a keyword of the task's `sample` for one episode: `reset(options={"length": 5})`.

    The reward of a scored answer is its score over the number of scored steps, so the return is the
    fraction of right bits or symbols. `info["scored"]` is true where the answer to the observation
    returned with it is scored; `info["steps"]` is the number of steps of the episode.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 4}

    def __init__(
        self,
        task: Task | str,
        length: int | None = None,
        *,
        render_mode: str | None = None,
        **options: Any,
    ) -> None:
        self.task: Task = built(tasks, task, options)
        self.length = length
        self.render_mode = as_render_mode(render_mode, self.metadata)
        self.observation_space = observation_space(self.task)
        self.action_space = self.task.answer.space()
        self._cursor: Cursor | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start an episode; raises ValueError for an option that the task does not know."""
        super().reset(seed=seed)
        batch = draw(self.task, self.np_random, 1, self.length, options or {})
        pictured = self.render_mode is not None
        self._cursor = Cursor(batch, self.task.answer, keep_answers=pictured)
        return self._cursor.inputs_BX[0], self._info(self._cursor)

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Answer the last observation; raises ResetNeeded when the episode is over."""
        cursor = self._cursor
        if cursor is None or cursor.over:
            raise ResetNeeded("TaskEnv: there is no episode to step; call reset() first.")
        answer = np.reshape(action, (1, *(self.action_space.shape or ())))
        reward = float(cursor.answer(answer)[0])
        return cursor.inputs_BX[0], reward, cursor.over, False, self._info(cursor)

    def render(self) -> np.ndarray | None:
        """The episode so far: inputs, answers and targets over time, one row per channel."""
        if self._cursor is None or self._cursor.answers is None:
            return None
        return picture(self._cursor.batch, self._cursor.answers)

    def _info(self, cursor: Cursor) -> dict[str, Any]:
        return {"scored": bool(cursor.scored_B[0]), "steps": cursor.steps}


def observation_space(task: Task) -> Box | MultiDiscrete:
    """The gymnasium space of the inputs of one step of one sequence."""
    if task.input_symbols:
        return MultiDiscrete([task.input_symbols])
    low, high = task.input_range
    return Box(low, high, (task.input_size,), np.float32)


def draw(
    task: Task,
    rng: np.random.Generator,
    batch_size: int,
    length: int | None,
    options: Mapping[str, Any],
) -> Batch:
    """A batch of the task; the options of `reset` are keywords of the task's `sample`."""
    # a task without lengths has no such parameter
    asked = {} if length is None else {"length": length}
    asked |= options
    if asked:
        known = list(inspect.signature(task.sample).parameters)
        check_names(f"{type(task).__name__}.reset", asked, known[2:])
    return task.sample(rng, batch_size, **asked)
