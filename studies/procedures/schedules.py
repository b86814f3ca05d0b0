"""Weights averaged over updates, and learning rates that fall by plan or once it is learned."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from memnets.estimators import Gate
from memnets.network import MemoryNetwork

from .base import Row
from .selection import Averaging, FallingRate, RateSchedule
from .watchers import Watcher, set_rate

if TYPE_CHECKING:
    from .learner import Learner


class Average(Watcher):
    """An exponential moving average of the network's weights, tested in their place."""

    name = "averaging"

    def __init__(self, settings: Averaging) -> None:
        self.settings = settings
        self.updates = 0
        self.weights: list[Tensor] = []

    def restarted(self, learner: Learner) -> None:
        self.updates, self.weights = 0, []

    def updated(self, learner: Learner, cost_TB: Tensor) -> None:
        self.updates += 1
        if self.updates < self.settings.start:
            return
        weights = _weights(learner.network)
        if self.weights:
            torch._foreach_lerp_(self.weights, weights, 1 - self.settings.decay)
        else:
            self.weights = [weight.clone() for weight in weights]

    @contextlib.contextmanager
    def testing(self, network: MemoryNetwork) -> Iterator[None]:
        weights = _weights(network)
        own = [weight.clone() for weight in weights]
        self._put(weights)
        try:
            yield
        finally:
            torch._foreach_copy_(weights, own)

    def finish(self, learner: Learner, tests: list[Row]) -> list[Row]:
        self._put(_weights(learner.network))
        return tests

    def state(self) -> dict[str, Any]:
        return {"updates": self.updates, "weights": self.weights}

    def load(self, state: Mapping[str, Any]) -> None:
        self.updates, self.weights = state["updates"], list(state["weights"])

    def _put(self, weights: list[Tensor]) -> None:
        if self.weights:
            torch._foreach_copy_(weights, self.weights)


class RateFall(Watcher):
    """Multiplies the learning rate with factor^r, r the opening of a gate."""

    name = "falling_rate"

    def __init__(self, settings: FallingRate) -> None:
        self.settings = settings
        self.gate = self._gate()

    def restarted(self, learner: Learner) -> None:
        self.gate, self.rate = self._gate(), 1.0

    def updated(self, learner: Learner, cost_TB: Tensor) -> None:
        self.gate.to(cost_TB.device).see(cost_TB)
        self.rate = self.settings.factor ** self.gate.opening.item()
        set_rate(learner)

    def state(self) -> dict[str, Any]:
        return {"gate": self.gate.state_dict(), "rate": self.rate}

    def load(self, state: Mapping[str, Any]) -> None:
        self.gate.load_state_dict(state["gate"])
        self.rate = state["rate"]

    def _gate(self) -> Gate:
        own = self.settings
        return Gate(learned=own.learned, decay=own.decay, warm=own.warm)


class PlannedRate(Watcher):
    """Sets the learning rate of every update by the plan; an attempt begins it again."""

    name = "schedule"

    def __init__(self, settings: RateSchedule) -> None:
        self.settings = settings
        self.begun = 0

    def begins(self, learner: Learner) -> None:
        self._plan(learner)

    def restarted(self, learner: Learner) -> None:
        self.begun = learner.step
        self._plan(learner)

    def updated(self, learner: Learner, cost_TB: Tensor) -> None:
        self._plan(learner)

    def state(self) -> dict[str, Any]:
        return {"begun": self.begun, "rate": self.rate}

    def load(self, state: Mapping[str, Any]) -> None:
        self.begun, self.rate = state["begun"], state["rate"]

    def _plan(self, learner: Learner) -> None:
        done, updates = learner.step - self.begun, learner.settings.updates - self.begun
        self.rate = share_at(self.settings, done + 1, updates)
        set_rate(learner)


def share_at(settings: RateSchedule, update: int, updates: int) -> float:
    """The share of the learning rate at an update, counted from 1, of so many."""
    if update <= settings.warm_up:
        return update / settings.warm_up
    since = update - settings.warm_up - 1
    if settings.shape == "steps":
        return float(settings.factor ** (since // settings.every))
    if settings.shape == "cosine":
        way = since / max(updates - settings.warm_up - 1, 1)
        return settings.least + (1 - settings.least) * (1 + math.cos(math.pi * way)) / 2
    return 1.0


def _weights(network: MemoryNetwork) -> list[Tensor]:
    return [parameter.detach() for parameter in network.parameters()]
