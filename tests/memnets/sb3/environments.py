"""Small environments that need a memory."""

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

CODES = {
    "cell": "slots",
    "controller_size": 8,
    "cell_options": {"slots": 5, "width": 4, "heads": 1, "routed": True, "scores": "codes"},
}
"""A memory whose codes `network.advance()` moves."""


class Recall(gym.Env):
    """Shows one of `symbols`, then blanks, then asks for it; 1 for the right action at the end.

    `delay` blanks; a random number of up to as many more where `ragged`, so that environments end
    at different times. `form` is that of observations and actions.
    """

    def __init__(self, symbols: int = 3, delay: int = 2, *, ragged: bool = False, form: str = ""):
        self.symbols, self.delay, self.ragged, self.form = symbols, delay, ragged, form
        whole = spaces.Box(0.0, 1.0, (symbols + 1,), dtype=np.float32)
        self.observation_space: Any = whole
        if form == "dict":
            self.observation_space = spaces.Dict({"seen": whole, "clock": spaces.Discrete(20)})
        elif form == "discrete":
            self.observation_space = spaces.Discrete(symbols + 1)
        elif form == "two numbers":
            self.observation_space = spaces.MultiDiscrete([symbols + 1, 20])
        self.action_space: Any = {
            "multi": spaces.MultiDiscrete([symbols, 2]),
            "binary": spaces.MultiBinary(symbols),
            "box": spaces.Box(-1.0, 1.0, (symbols,), dtype=np.float32),
        }.get(form, spaces.Discrete(symbols))

    def _seen(self) -> Any:
        index = self.symbol if self.time == 0 else self.symbols
        if self.form == "discrete":
            return index
        if self.form == "two numbers":
            return np.array([index, self.time])
        seen = np.eye(self.symbols + 1, dtype=np.float32)[index]
        return {"seen": seen, "clock": self.time} if self.form == "dict" else seen

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.time = 0
        self.symbol = int(self.np_random.integers(self.symbols))
        more = int(self.np_random.integers(self.delay + 1)) if self.ragged else 0
        self.last = self.delay + more
        return self._seen(), {}

    def step(self, action):
        over = self.time == self.last
        first = np.ravel(action)[0]
        right = bool(over and first == self.symbol)
        self.time += 1
        info = {"is_success": right} if over else {}
        return self._seen(), float(right), over, False, info
