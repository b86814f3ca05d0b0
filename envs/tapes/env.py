"""A tape task as a gymnasium environment, one episode at a time."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import logger
from gymnasium.error import ResetNeeded

from ..batched_env import as_render_mode
from .base import TapeTask
from .episodes import Episodes, checked_actions
from .rendering import RENDERERS


class TapeEnv(gymnasium.Env[Any, np.ndarray]):
    """Tapes as an episode: see the symbol under a head, move the head, write the target.

    `tape` is a tape task, or a name with the task's options as further keywords. An action is
    MultiDiscrete: (move, whether to write, symbol). The observation is the symbol under the head of
    the input tape, or `base`, the blank, off the tape. A right symbol has reward 1. All else is the
    task's: what a wrong one costs, and when time is up.

    An episode has the given `length`; where that is None, one of `min_length`, an option of the
    task, and up to two more. With `curriculum`, the shortest length rises as in gym; a reset with a
    seed starts it anew, so that the seed tells all that follows. `memory` adds a memory tape of
    `memory_cells` cells and `memory_symbols` symbols, by default as many as the task needs: three
    more parts of an action, and one more of the observation.

    Options of one `reset`: `{"length": 5}`, and `{"tape": [2, 0, 1]}` for an input tape of one's
    own, where there are several rows a list of columns. Infos have the columns of the input tape
    (`length`), the shortest length (`min_length`), and whether the whole target was written in time
    (`is_success`).
    """

    metadata: dict[str, Any] = {"render_modes": [*RENDERERS], "render_fps": 4}

    def __init__(
        self,
        tape: TapeTask | str,
        length: int | None = None,
        *,
        curriculum: bool = False,
        memory: bool = False,
        memory_symbols: int | None = None,
        memory_cells: int = 64,
        render_mode: str | None = None,
        **options: Any,
    ) -> None:
        self.render_mode = as_render_mode(render_mode, self.metadata)
        self.episodes = Episodes(
            tape,
            1,
            length=length,
            curriculum=curriculum,
            memory=memory,
            memory_symbols=memory_symbols,
            memory_cells=memory_cells,
            keep_outputs=render_mode is not None,
            options=options,
        )
        self.task = self.episodes.task
        self.observation_space = self.episodes.machine.observation_space
        self.action_space = actions = self.episodes.machine.action_space
        self._choices_A = actions.nvec
        self._started = self._over = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start an episode; raises ValueError for an option or a tape that is not possible."""
        super().reset(seed=seed)
        self.episodes.finish(slice(None))
        if seed is not None:
            self.episodes.promotion.restart(slice(None))
        self.episodes.begin(slice(None), [self.np_random], options or {})
        self._started, self._over = True, False
        return self.episodes.machine.observe()[0], self._info()

    def step(self, action: np.ndarray) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Write, then move; raises ResetNeeded before the first reset.

        A time-out is a part of the task, with a reward of its own, and so it terminates. After the
        end, further steps go on by the same rules with a warning, as in gym.
        """
        if not self._started:
            raise ResetNeeded("TapeEnv: there is no episode to step; call reset() first.")
        if self._over:
            logger.warn("TapeEnv: the episode is over; this step means nothing. Call reset().")
        actions_BA = checked_actions("TapeEnv", np.asarray(action)[None], self._choices_A)
        rewards_B, over_B = self.episodes.machine.step(actions_BA)
        self._over = bool(over_B[0])
        seen = self.episodes.machine.observe()[0]
        return seen, float(rewards_B[0]), self._over, False, self._info()

    def render(self) -> Any:
        """The tapes and their heads: a text ("ansi") or an RGB image; None before the first reset.

        See `envs.tapes.rendering`.
        """
        if self.render_mode is None or not self._started:
            return None
        return RENDERERS[self.render_mode](self.episodes, 0)

    def _info(self) -> dict[str, Any]:
        return {name: values_B[0].item() for name, values_B in self.episodes.infos().items()}
