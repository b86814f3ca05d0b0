"""What native vector environments share: modes, generators and masks of resets."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from .tasks.checks import whole

NEEDED_SEEDS = "one seed, or a list with one for each environment, is needed."


class BatchedEnv(VectorEnv[np.ndarray, np.ndarray, np.ndarray]):
    """Many episodes that are stepped as arrays, in any autoreset mode of gymnasium.

    A concrete environment sets the two single spaces by `_set_spaces`, and says whether there are
    episodes by `_started`.
    """

    metadata: dict[str, Any] = {"render_modes": [], "render_fps": 4}

    def __init__(
        self,
        num_envs: int,
        max_episode_steps: int | None,
        autoreset_mode: AutoresetMode | str,
        render_mode: str | None,
    ) -> None:
        self._name = type(self).__name__
        self.num_envs = whole(self._name, "num_envs", num_envs, 1)
        if max_episode_steps is not None:
            max_episode_steps = whole(self._name, "max_episode_steps", max_episode_steps, 1)
        self.max_episode_steps = max_episode_steps
        self.render_mode = as_render_mode(render_mode, self.metadata)
        self.autoreset_mode = _as_autoreset_mode(self._name, autoreset_mode)
        self.metadata = {**self.metadata, "autoreset_mode": self.autoreset_mode}
        # one generator per environment after a list of seeds, none after a single seed
        self._own: list[np.random.Generator] = []

    @property
    @abstractmethod
    def _started(self) -> bool:
        """Whether every environment has been reset once."""

    def _set_spaces(self, observations: spaces.Space[Any], actions: spaces.Space[Any]) -> None:
        self.single_observation_space, self.single_action_space = observations, actions
        self.observation_space = batch_space(observations, self.num_envs)
        self.action_space = batch_space(actions, self.num_envs)
        self._action_shape = (self.num_envs, *(actions.shape or ()))

    def _seed(self, seed: int | Sequence[int | None] | None, mask_B: np.ndarray) -> np.ndarray:
        """Restart generators; which environments, of those in the mask, have a new seed.

        One seed restarts the generator that all environments share. A list of seeds, one for each
        environment, gives each a generator of its own. A None in the list leaves that environment's
        generator as it is.
        """
        if seed is None:
            return np.zeros(self.num_envs, bool)
        if isinstance(seed, int | np.integer):
            self._np_random, self._np_random_seed = seeding.np_random(int(seed))
            self._own = []
            return mask_B
        if isinstance(seed, np.ndarray) and seed.ndim == 1:
            seed = list(seed)
        if not isinstance(seed, Sequence) or isinstance(seed, str | bytes):
            raise ValueError(f"{self._name}: seed is {seed!r:.40}; {NEEDED_SEEDS}")
        seeds = [int(own) if isinstance(own, np.integer) else own for own in seed]
        if len(seeds) != self.num_envs:
            raise ValueError(
                f"{self._name}: {len(seeds)} seeds for {self.num_envs} environments; {NEEDED_SEEDS}"
            )
        own = list(self._own or self.np_random.spawn(self.num_envs))
        seeded_B = mask_B & np.array([one is not None for one in seeds])
        for row in np.flatnonzero(seeded_B):
            own[row], _ = seeding.np_random(seeds[row])
        self._own = own
        return seeded_B

    def _draws(self, mask_B: np.ndarray) -> list[tuple[np.ndarray, np.random.Generator]]:
        """Rows that draw together, and their generator.

        That is all rows of the mask, or each by itself where environments have own generators.
        """
        rows = np.flatnonzero(mask_B)
        if self._own:
            return [(row, self._own[row[0]]) for row in rows[:, None]]
        return [(rows, self.np_random)]

    def _mask(self, mask: Any) -> np.ndarray:
        """The environments to reset, as booleans; raises ValueError and ResetNeeded."""
        if mask is None:
            return np.ones(self.num_envs, bool)
        mask_B = np.asarray(mask)
        if mask_B.dtype != bool or mask_B.shape != (self.num_envs,) or not mask_B.any():
            raise ValueError(
                f"{self._name}: reset_mask has shape {mask_B.shape} and type {mask_B.dtype}; "
                f"{self.num_envs} booleans, one or more of them true, are needed."
            )
        if not self._started and not mask_B.all():
            raise ResetNeeded(f"{self._name}: the first reset must cover all environments.")
        return mask_B


def as_render_mode(mode: str | None, metadata: dict[str, Any]) -> str | None:
    """The given mode; raises ValueError for a mode that the environment does not have."""
    modes = metadata["render_modes"]
    if mode is not None and (not isinstance(mode, str) or mode not in modes):
        raise ValueError(f"render_mode is {mode!r:.60}; {' or '.join(['None', *modes])} is needed.")
    return mode


def _as_autoreset_mode(owner: str, mode: AutoresetMode | str) -> AutoresetMode:
    """The mode by itself or by its value; raises ValueError for another."""
    known = {own.value: own for own in AutoresetMode}
    found = known.get(mode) if isinstance(mode, str) else mode
    if not isinstance(found, AutoresetMode):
        raise ValueError(
            f"{owner}: autoreset_mode is {mode!r:.60}; one of {', '.join(known)} is needed."
        )
    return found
