"""One full training step of one model, ready to be timed, and the FLOP that it needs."""

from __future__ import annotations

import inspect
import warnings
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch

from memnets import flops
from memnets.backends import BackendFallback, choose
from memnets.registry import cells
from memnets.spec import ModelSpec

from ..design.trial import TaskSpec, Trial
from ..procedures.cost import cost, tensors
from ..procedures.descent import forget
from ..procedures.learner import Learner
from ..procedures.supervised import Supervised
from ..procedures.training import passes, update
from .timing import NotCovered, Timer, clocked

# so many updates that no schedule and no stopping rule acts while steps are timed
_FOREVER = 1_000_000


@dataclass(frozen=True)
class Point:
    """What is timed: a model and a batch size, on the copy task at one length."""

    cell: str
    estimator: str
    controller: str
    batch: int
    length: int = 20
    slots: int = 128
    width: int = 20
    controller_size: int = 100

    @property
    def settings(self) -> Supervised:
        """How it is trained: with RMSprop and gradients clipped at norm 10."""
        return Supervised(
            updates=_FOREVER,
            batch_size=self.batch,
            optimiser="rmsprop",
            learning_rate=1e-4,
            clip_norm=10.0,
        )

    @property
    def trial(self) -> Trial:
        """The trial that trains it to copy vectors of 8 bits."""
        task = {"width": 8, "min_length": self.length, "max_length": self.length}
        sizes = {"slots": self.slots, "width": self.width}
        known = inspect.signature(cells.get(self.cell)).parameters
        options = {name: size for name, size in sizes.items() if name in known}
        return Trial(
            TaskSpec("copy", task),
            ModelSpec(self.cell, self.estimator, self.controller, self.controller_size, options),
            self.settings,
        )


class TrainingStep(NamedTuple):
    """Timers of a full step, of its forward and backward, and of drawing a batch.

    And the seconds of the first step.
    """

    step: Timer
    passes: Timer
    draw: Timer
    first_seconds: float


def first_step(point: Point, backend: str, device: str) -> TrainingStep:
    """Build a model and run its first step, which may compile kernels.

    Raises NotCovered where the backend would fall back to the reference.
    """
    learner = Learner.start(point.trial, replace(point.settings, backend=backend), device)
    network = learner.network.train()
    inputs_TBX, *_ = tensors(learner.batch(), learner.device)
    choice = choose(network, backend, inputs_TBX)
    if choice.backend == "reference" != backend:
        raise NotCovered(choice.reason)
    finish = torch.cuda.synchronize if learner.device.type == "cuda" else None
    step = clocked(lambda: update(learner), finish)
    with warnings.catch_warnings():
        # some models turn out not to compile only when they run
        warnings.simplefilter("error", BackendFallback)
        try:
            first_seconds = step(1)
        except BackendFallback as fallback:
            raise NotCovered(str(fallback)) from fallback
    batch = learner.batch()

    def forward_and_backward() -> None:
        forget(learner.parameters())
        passes(learner, batch)

    both = clocked(forward_and_backward, finish)
    return TrainingStep(step, both, clocked(learner.batch), first_seconds)


def flop_per_sequence(point: Point) -> int:
    """FLOP of one sequence, forward and backward, as `flops` counts them on the reference."""
    # from the start, so that no kernel is compiled to count what it replaces
    learner = Learner.start(point.trial, replace(point.settings, backend="reference"), "cpu")
    network, answer = learner.network, learner.task.answer
    rollouts = network.estimator.rollouts

    def work(sequences: int) -> None:
        batch = learner.task.sample(np.random.default_rng(0), sequences, point.length)
        inputs_TBX, targets_TBY, mask_TB = tensors(batch.repeated(rollouts), "cpu")
        rollout = network(inputs_TBX)
        cost_TB = cost(answer, rollout.logits_TBY, targets_TBY, mask_TB)
        surrogate = network.estimator.surrogate(
            rollout.address, cost_TB, network.features(rollout), inputs_TBX
        )
        (cost_TB.sum(0).mean() + surrogate).backward()
        network.zero_grad()

    return flops.count(work)
