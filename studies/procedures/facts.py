"""What is known of a network at the end of its training, and averages since an evaluation."""

from __future__ import annotations

import math
from typing import Any, Protocol

from memnets import sizes
from memnets.backends import choose
from memnets.estimators import SOFT
from memnets.network import MemoryNetwork

from .base import Row


class Trained(Protocol):
    """A network in training, whatever trains it."""

    network: MemoryNetwork
    step: int
    seconds: float
    solved: dict[str, Any] | None

    @property
    def clock(self) -> dict[str, Any]:
        """Updates, sequences and seconds so far."""


def facts(learner: Trained) -> dict[str, Any]:
    """Facts of done.json: backend, sizes, time, and when the task was solved."""
    clock = learner.clock
    return {
        **of_network(learner.network),
        "seconds": learner.seconds,
        "updates": learner.step,
        "sequences": clock["sequences"],
        "sequences_per_second": clock["sequences"] / max(learner.seconds, 1e-9),
        "solved": learner.solved,
    }


def of_network(network: MemoryNetwork) -> dict[str, Any]:
    """Facts of the network alone: backend, sizes, and how its addresses are made."""
    used = choose(network, network.backend)
    # without heads nothing is addressed, and the whole memory is used, whatever the estimator
    heads, how = network.cell.heads, network.estimator
    return {
        "backend": used.backend,
        "backend_reason": used.reason,
        "parameters": sizes.parameters(network),
        "in_training": how.in_training if heads else SOFT,
        "at_test": how.at_test if heads else SOFT,
        "state_size": sizes.state(network),
        "step_flops": sizes.step_flops(network),
    }


def add(sums: dict[str, float], **values: float) -> None:
    """Add to sums by name; `updates` is one of them."""
    for name, value in values.items():
        sums[name] = sums.get(name, 0.0) + value


def averages(sums: dict[str, float]) -> Row:
    """A row of training: the sums, entropy among them, divided by the updates they are of."""
    rest = dict(sums)
    updates = rest.pop("updates")
    means = {name: total / updates for name, total in rest.items()}
    # without heads there is no entropy, and the mean of nothing is not a number
    entropy = means["entropy"] if math.isfinite(means["entropy"]) else None
    return {"kind": "train", "length": None, **means, "entropy": entropy}
