"""The state of supervised training at any moment: what a checkpoint holds."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from envs.tasks.base import Batch, Task
from memnets.backends import warm_up
from memnets.network import MemoryNetwork

from .base import BadCheckpoint
from .best import chosen
from .checkpoint import COUNTERS, fit, read, written
from .optimisers import optimiser_of
from .restarts import data_key, torch_seed
from .selection import OWN
from .solving import judged
from .standing import Standing
from .stored_network import load_weights
from .terms import built_terms
from .watched import watchers_of
from .watchers import Watchers

if TYPE_CHECKING:
    from ..design.trial import Trial
    from .supervised import Supervised


@dataclass
class Learner:
    """A network in training: all that changes from update to update."""

    trial: Trial
    settings: Supervised
    task: Task
    network: MemoryNetwork
    optimiser: torch.optim.Optimizer
    regularisers: torch.nn.ModuleList
    rng: np.random.Generator
    standing: Standing | None
    watchers: Watchers
    step: int = 0
    seconds: float = 0.0
    sums: dict[str, float] = field(default_factory=dict)
    below: dict[str, Any] | None = None
    solved: dict[str, Any] | None = None
    parent: str | None = None
    """The id of the shorter trial that it went on from."""

    @classmethod
    def start(cls, trial: Trial, settings: Supervised, device: str, attempt: int = 0) -> Learner:
        """A trial, or one of its attempts, before its first update; seeds torch."""
        torch.manual_seed(torch_seed(trial.seed, attempt))
        task = trial.task.build()
        network = trial.model.build(**task.network_sizes, backend=settings.backend)
        if tuned := settings.fine_tuning:
            load_weights(network, tuned.weights, tuned.weights_sha256)
        network = network.to(device)
        terms = built_terms(settings, task, network).to(device)
        warm_up(network)
        ramp = settings.curriculum
        learner = cls(
            trial=trial,
            settings=settings,
            task=task,
            network=network,
            optimiser=optimiser_of(
                settings.optimiser,
                [*network.parameters(), *terms.parameters()],
                settings.learning_rate,
                weight_decay=settings.weight_decay,
                momentum=settings.momentum,
            ),
            regularisers=terms,
            rng=np.random.default_rng(data_key(trial.seed, attempt)),
            standing=ramp.begin(task) if ramp else None,
            watchers=watchers_of(settings),
        )
        learner.watchers.begins(learner)
        return learner

    def begin_again(self, attempt: int) -> None:
        """Another attempt in the place of this one; clock and watchers go on."""
        fresh = Learner.start(self.trial, self.settings, str(self.device), attempt)
        for name in ("network", "optimiser", "regularisers", "rng", "standing", "below"):
            setattr(self, name, getattr(fresh, name))
        if self.standing:
            self.standing.raised = self.step
        self.watchers.restarted(self)

    @property
    def device(self) -> torch.device:
        """Where the network lives."""
        return next(self.network.parameters()).device

    @property
    def over(self) -> bool:
        """Whether there is nothing left to train."""
        return self.solved is not None or self.step >= self.settings.updates or self.watchers.over

    @property
    def longest(self) -> int | None:
        """The length, or the lesson, that a curriculum has come to."""
        return self.standing.level if self.standing else None

    @property
    def clock(self) -> dict[str, Any]:
        """Updates, sequences and seconds so far: the first columns of every row."""
        sequences = self.step * self.settings.accumulate * self.settings.batch_size
        return {"step": self.step, "sequences": sequences, "seconds": self.seconds}

    @property
    def due(self) -> bool:
        """Whether an evaluation follows the last update."""
        regular = self.step % self.settings.evaluate_every == 0
        return regular or self.step >= self.settings.updates or self.watchers.over

    def parameters(self) -> list[torch.nn.Parameter]:
        """All that is trained: the network's parameters and those of the regularisers."""
        # to ask the modules for theirs takes ten times as long
        return [part for group in self.optimiser.param_groups for part in group["params"]]

    def clipped_apart(self) -> Iterator[tuple[list[torch.nn.Parameter], float]]:
        """What is clipped together, and at which norm: first the model, then a baseline."""
        settings, everything = self.settings, self.parameters()
        largest = math.inf if settings.clip_norm is None else settings.clip_norm
        if settings.baseline_clip_norm is None:
            yield everything, largest
            return
        baseline = list(self.network.estimator.parameters())
        own = set(map(id, baseline))
        yield [part for part in everything if id(part) not in own], largest
        yield baseline, settings.baseline_clip_norm

    def batch(self) -> Batch:
        """The next training batch; without a curriculum, a function of seed and step alone.

        Each sequence stands in it as often as the estimator wants rollouts of it.
        """
        settings, standing = self.settings, self.standing
        if settings.curriculum and standing:
            batch = settings.curriculum.batch(standing, self.task, self.rng, settings.batch_size)
        else:
            batch = self.task.sample(self.rng, settings.batch_size)
        rollouts = self.network.estimator.rollouts
        return batch if rollouts == 1 else batch.repeated(rollouts)

    def answered(self, decided: np.ndarray, batch: Batch) -> None:
        """After an update: move the curriculum on, given the answers to its batch."""
        if self.settings.curriculum and self.standing:
            self.settings.curriculum.updated(self.standing, self.step, self.task, decided, batch)

    def judge(self, errors: float, tests: list[dict[str, Any]]) -> None:
        """After an evaluation: move the curriculum on, and decide whether the trial is solved."""
        settings, high = self.settings, self.task.lengths[1]
        if settings.curriculum and self.standing:
            settings.curriculum.evaluated(self.standing, errors, high)
        selection = settings.selection
        self.below, self.solved = judged(
            chosen(tests, selection.address if selection else OWN),
            lengths=self.task.lengths,
            largest=settings.solved_errors,
            below=self.below,
            now=self.clock,
        )

    def checkpoint(self) -> bytes:
        """All of it, in one piece."""
        data = {name: getattr(self, name) for name in COUNTERS}
        data |= {
            "longest": self.longest,
            "trial": json.dumps(self.trial.to_json()),
            "id": self.trial.id,
            "network": self.network.state_dict(),
            "regularisers": self.regularisers.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "data": json.dumps(self.rng.bit_generator.state),
            "torch": torch.get_rng_state(),
        }
        if self.parent:
            data["parent"] = self.parent
        if self.watchers:
            data["watchers"] = self.watchers.state()
        if self.standing:
            data["standing"] = {"recent": self.standing.recent, "raised": self.standing.raised}
        if self.device.type == "cuda":
            data["cuda"] = torch.cuda.get_rng_state(self.device)
        return written(data)

    def restore(self, checkpoint: bytes) -> None:
        """Go on from a checkpoint of the same trial; raises BadCheckpoint where it is none."""
        data = read(checkpoint, self.device)
        if data["id"] != self.trial.id:
            raise BadCheckpoint(f"it is of trial {data['id']}, not of {self.trial.id}")
        fit(self.network, data["network"])
        fit(self.regularisers, data["regularisers"])
        fit(self.optimiser, data["optimiser"])
        self.watchers.load(data.get("watchers", {}))
        for name in COUNTERS:
            setattr(self, name, data[name])
        self.parent = data.get("parent")
        if self.standing:
            self.standing = Standing(data["longest"], **data.get("standing", {}))
        self.rng.bit_generator.state = json.loads(data["data"])
        torch.set_rng_state(data["torch"].cpu())
        if "cuda" in data and self.device.type == "cuda":
            torch.cuda.set_rng_state(data["cuda"].cpu(), self.device)
