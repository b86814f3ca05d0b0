"""Which network of a training is kept: the best by its tests; and back to it where it stalls."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .base import Row
from .selection import OWN, Selection
from .watchers import Watcher, copied, set_rate

if TYPE_CHECKING:
    from .learner import Learner


def chosen(tests: Sequence[Row], address: str) -> list[Row]:
    """The tests of lengths under an address; under the network's own where there is none of that.

    Rows without an address are of the network's own. Tests at another number than the length are
    left out.
    """
    lengths = [row for row in tests if row.get("number") is None]
    rows = [row for row in lengths if row.get("address", OWN) == address]
    return rows or [row for row in lengths if row.get("address", OWN) == OWN]


def score(tests: Sequence[Row], address: str, lengths: tuple[int, int]) -> tuple[float, float]:
    """Errors and bits per sequence, averaged over the test lengths within the trained ones.

    The smaller, the better, errors first; what is no finite number is infinitely bad.
    """
    low, high = lengths
    rows = [row for row in chosen(tests, address) if low <= row["length"] <= high]
    errors, bits = ([_number(row[name]) for row in rows] for name in ("errors", "bits"))
    return sum(errors) / len(rows), sum(bits) / len(rows)


class Best(Watcher):
    """Keeps all of the best evaluation, and returns to it after so many that are no better."""

    name = "selection"
    of_a_moment = False

    def __init__(self, settings: Selection) -> None:
        self.settings = settings
        self._begin()

    def _begin(self) -> None:
        self.score: tuple[float, float] | None = None
        self.kept: dict[str, Any] = {}
        self.bound, self.trained = math.inf, math.inf
        self.waited, self.restored, self.rate, self.over = 0, 0, 1.0, False
        self.last: dict[str, Any] | None = None

    def restarted(self, learner: Learner) -> None:
        self._begin()

    def evaluated(self, learner: Learner, means: Row, tests: Sequence[Row]) -> None:
        found = score(tests, self.settings.address, learner.task.lengths)
        if self.score is None and self.settings.lost is not None:
            self.bound = self.settings.lost * means["errors"]
        if self.score is None or found < self.score:
            self.score, self.waited, self.trained = found, 0, means.get("errors", 0.0)
            self.kept = {
                "clock": learner.clock,
                "tests": [dict(row) for row in tests],
                "learner": copied(_parts(learner)),
                "watchers": copied(learner.watchers.moment()),
            }
            return
        self.waited = self.waited + 1 if self._counts(means) else 0
        if self.waited and self.waited == self.settings.restore_best:
            self._restore(learner)
            self.waited, self.restored = 0, self.restored + 1
            self.rate *= self.settings.factor
            set_rate(learner)
            rate = learner.settings.learning_rate * self.rate
            self.over = rate < self.settings.least_rate

    def _counts(self, means: Row) -> bool:
        """Whether an evaluation that is no better than the best brings it back."""
        if self.settings.lost is None:
            return True
        wrong: float = means["errors"]
        return self.trained <= self.bound < wrong

    def finish(self, learner: Learner, tests: list[Row]) -> list[Row]:
        errors, bits = map(_finite, score(tests, self.settings.address, learner.task.lengths))
        with learner.watchers.testing(learner.network):
            network = copied(learner.network.state_dict())
        at_last = {**learner.clock, "errors": errors, "bits": bits}
        self.last = {"network": network, "facts": at_last}
        self._restore(learner)
        return [dict(row) for row in self.kept["tests"]]

    def facts(self) -> dict[str, Any]:
        assert self.score is not None, "a trial ends with an evaluation"
        errors, bits = map(_finite, self.score)
        selected = {**self.kept["clock"], "errors": errors, "bits": bits}
        found = {"selected": {**selected, "address": self.settings.address}}
        if self.last:
            found["last"] = self.last["facts"]
        return found | ({"restored": self.restored} if self.settings.restore_best else {})

    def state(self) -> dict[str, Any]:
        names = ("score", "bound", "trained", "kept", "waited", "restored", "rate", "over", "last")
        return {name: getattr(self, name) for name in names}

    def load(self, state: Mapping[str, Any]) -> None:
        # checkpoints of earlier versions do not have the last network
        for name, value in {"last": None, **state}.items():
            setattr(self, name, value)

    def _restore(self, learner: Learner) -> None:
        # load_state_dict of an optimiser keeps the tensors that it is given
        kept = copied(self.kept)
        for name, part in _modules(learner).items():
            part.load_state_dict(kept["learner"][name])
        learner.watchers.load(kept["watchers"])


def _modules(learner: Learner) -> dict[str, Any]:
    return {name: getattr(learner, name) for name in ("network", "regularisers", "optimiser")}


def _parts(learner: Learner) -> dict[str, Any]:
    return {name: part.state_dict() for name, part in _modules(learner).items()}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _number(value: float | None) -> float:
    return math.inf if value is None or not math.isfinite(value) else value
