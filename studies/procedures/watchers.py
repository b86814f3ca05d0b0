"""What goes along with a supervised training, watches it and steers it; and the list of them."""

from __future__ import annotations

import contextlib
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from torch import Tensor

from memnets.network import MemoryNetwork

from .base import BadCheckpoint, Row

if TYPE_CHECKING:
    from .learner import Learner


class Watcher(ABC):
    """Sees every update and evaluation of a learner. What it does by default is nothing.

    All that changes in it is in its `state`, which a checkpoint holds: plain data and tensors.
    """

    name: ClassVar[str]
    """The field of `Supervised` that has its settings."""
    rate: float = 1.0
    """What it multiplies the learning rate with."""
    over: bool = False
    """Whether it wants the training to end."""
    of_a_moment: ClassVar[bool] = True
    """Whether its state belongs to a moment of the training, and returns where that returns."""

    @abstractmethod
    def __init__(self, settings: Any) -> None: ...

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """All of it that changes."""

    @abstractmethod
    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""

    @abstractmethod
    def restarted(self, learner: Learner) -> None:
        """Forget an attempt that was given up, and get ready for the next."""

    def begins(self, learner: Learner) -> None:
        """Before the first update."""
        return None

    def updated(self, learner: Learner, cost_TB: Tensor) -> None:
        """After an update, with the cost of its batch in nats."""
        return None

    def testing(self, network: MemoryNetwork) -> contextlib.AbstractContextManager[None]:
        """Within this, the network is as it is to be tested."""
        return contextlib.nullcontext()

    def evaluated(self, learner: Learner, means: Row, tests: Sequence[Row]) -> None:
        """After an evaluation, with the row of training and those of the tests."""
        return None

    def finish(self, learner: Learner, tests: list[Row]) -> list[Row]:
        """At the end: make the network the one that is kept; the rows of its tests."""
        return tests

    def columns(self) -> dict[str, Any]:
        """Columns for the rows of an evaluation."""
        return {}

    def facts(self) -> dict[str, Any]:
        """Facts for done.json."""
        return {}


class Watchers(tuple[Watcher, ...]):
    """All watchers of a training, in the order in which they act."""

    @contextlib.contextmanager
    def testing(self, network: MemoryNetwork) -> Iterator[None]:
        """Within this, the network is as it is to be tested."""
        with contextlib.ExitStack() as stack:
            for watcher in self:
                stack.enter_context(watcher.testing(network))
            yield

    def begins(self, learner: Learner) -> None:
        """Before the first update."""
        for watcher in self:
            watcher.begins(learner)

    def updated(self, learner: Learner, cost_TB: Tensor) -> None:
        """After an update."""
        for watcher in self:
            watcher.updated(learner, cost_TB)

    def evaluated(self, learner: Learner, means: Row, tests: list[Row]) -> list[Row]:
        """After an evaluation was judged; the rows of the tests that stand for it."""
        for watcher in self:
            watcher.evaluated(learner, means, tests)
        if learner.over:
            for watcher in self:
                tests = watcher.finish(learner, tests)
        return tests

    @property
    def over(self) -> bool:
        """Whether one of them wants the training to end."""
        return any(watcher.over for watcher in self)

    def columns(self) -> dict[str, Any]:
        """What all of them say of an evaluation."""
        return {name: value for watcher in self for name, value in watcher.columns().items()}

    def facts(self) -> dict[str, Any]:
        """What all of them say of the trial."""
        return {name: value for watcher in self for name, value in watcher.facts().items()}

    def state(self) -> dict[str, Any]:
        """The states by name."""
        return {watcher.name: watcher.state() for watcher in self}

    def moment(self) -> dict[str, Any]:
        """The states that belong to this moment of the training."""
        return {watcher.name: watcher.state() for watcher in self if watcher.of_a_moment}

    def restarted(self, learner: Learner) -> None:
        """An attempt was given up."""
        for watcher in self:
            watcher.restarted(learner)

    def load(self, states: Mapping[str, Any]) -> None:
        """Go on from states; a watcher without one stays as it is. Raises BadCheckpoint."""
        for watcher in self:
            if watcher.name in states:
                try:
                    watcher.load(states[watcher.name])
                except (KeyError, TypeError, RuntimeError) as error:
                    raise BadCheckpoint(
                        f"it was written by another version of {watcher.name}"
                    ) from error


def set_rate(learner: Learner) -> None:
    """Set the optimiser to the trial's learning rate times what the watchers multiply it with."""
    share = math.prod(watcher.rate for watcher in learner.watchers)
    for group in learner.optimiser.param_groups:
        group["lr"] = group.setdefault("initial_lr", group["lr"]) * share


def copied(value: Any) -> Any:
    """A copy of nested states whose tensors are copies too."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, Mapping):
        return {name: copied(part) for name, part in value.items()}
    return type(value)(map(copied, value)) if isinstance(value, list | tuple) else value
