"""Attempts at a trial: one that does not learn is given up, and the next has a seed of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .base import Row
from .selection import Restarts
from .watchers import Watcher

if TYPE_CHECKING:
    from .learner import Learner


def data_key(seed: int, attempt: int) -> list[int]:
    """What an attempt's batches are drawn from; the first attempt's is the trial's seed."""
    # tests draw from [seed, 1, length]
    return [seed, 2, attempt] if attempt else [seed]


def torch_seed(seed: int, attempt: int) -> int:
    """The seed of an attempt's weights and choices; the first attempt's is the trial's."""
    if not attempt:
        return seed
    return int(np.random.SeedSequence([seed, 3, attempt]).generate_state(1, np.uint64)[0])


class Attempts(Watcher):
    """Counts attempts, and begins again where one has not learned after its share of updates."""

    name = "restarts"
    of_a_moment = False

    def __init__(self, settings: Restarts) -> None:
        self.settings = settings
        self.restarts, self.begun, self.judged = 0, 0, False
        self.given_up: list[dict[str, Any]] = []

    def evaluated(self, learner: Learner, means: Row, tests: Sequence[Row]) -> None:
        enough = self.settings.share * learner.settings.updates
        if learner.over or self.judged or learner.step - self.begun < enough:
            return
        self.judged = True
        reason = self._failing(means)
        if reason and self.restarts < self.settings.at_most:
            self.given_up.append({**learner.clock, "because": reason})
            learner.begin_again(self.restarts + 1)

    def restarted(self, learner: Learner) -> None:
        self.restarts, self.begun, self.judged = self.restarts + 1, learner.step, False

    def columns(self) -> dict[str, Any]:
        return {"restarts": self.restarts}

    def facts(self) -> dict[str, Any]:
        return {"restarts": self.restarts, "given_up": list(self.given_up)}

    def state(self) -> dict[str, Any]:
        names = ("restarts", "begun", "judged", "given_up")
        return {name: getattr(self, name) for name in names}

    def load(self, state: Mapping[str, Any]) -> None:
        for name in self.state():
            setattr(self, name, state[name])

    def _failing(self, means: Row) -> str:
        if means["accuracy"] < self.settings.accuracy:
            return f"accuracy {means['accuracy']:.3g}"
        entropy, most = means["entropy"], self.settings.entropy
        high = entropy is not None and most is not None and entropy > most
        return f"entropy {entropy:.3g}" if high else ""
