"""Ends a training whose budget is spent, or that stands still."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from torch import Tensor

from .base import Row
from .best import score
from .selection import OWN, Budget
from .watchers import Watcher

if TYPE_CHECKING:
    from .learner import Learner


class Spending(Watcher):
    """Counts what is spent after each update, and evaluations without a gain."""

    name = "budget"
    of_a_moment = False

    def __init__(self, settings: Budget) -> None:
        self.settings = settings
        self.best, self.waited, self.over = math.inf, 0, False

    def restarted(self, learner: Learner) -> None:
        self.best, self.waited = math.inf, 0

    def updated(self, learner: Learner, cost_TB: Tensor) -> None:
        spent = learner.clock
        share = self.settings.share_spent(spent["seconds"], spent["sequences"])
        self.over = self.over or share >= 1

    def evaluated(self, learner: Learner, means: Row, tests: Sequence[Row]) -> None:
        if self.settings.patience is None:
            return
        _, bits = score(tests, OWN, learner.task.lengths)
        gained = bits < (1 - self.settings.gain) * self.best
        self.best, self.waited = min(bits, self.best), 0 if gained else self.waited + 1
        self.over = self.over or self.waited >= self.settings.patience

    def state(self) -> dict[str, Any]:
        return {"best": self.best, "waited": self.waited, "over": self.over}

    def load(self, state: Mapping[str, Any]) -> None:
        for name in self.state():
            setattr(self, name, state[name])
