"""What a training run consists of at any moment, and how it is put away and taken up again."""

from __future__ import annotations

import io
import json
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from envs.tasks.base import Batch, Task
from memnets import regularisers
from memnets.backends import warm_up
from memnets.network import MemoryNetwork

from ..design.data import BadData
from ..design.trial import Trial
from ..running.files import write_whole

OPTIMISERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adam": partial(torch.optim.Adam, fused=True),
    "rmsprop": partial(torch.optim.RMSprop, foreach=True),
    # Graves (2013) has 1e-4 inside the square root; torch adds its constant outside
    "graves_rmsprop": lambda parameters, lr: torch.optim.RMSprop(
        parameters, lr=lr, alpha=0.95, momentum=0.9, eps=1e-2, centered=True, foreach=True
    ),
}


@dataclass
class Learner:
    """A network in training: all that changes from update to update."""

    trial: Trial
    task: Task
    network: MemoryNetwork
    optimiser: torch.optim.Optimizer
    regularisers: torch.nn.ModuleList
    rng: np.random.Generator
    longest: int | None
    step: int = 0
    seconds: float = 0.0
    sums: dict[str, float] = field(default_factory=dict)
    below: dict[str, Any] | None = None
    solved: dict[str, Any] | None = None

    @classmethod
    def start(cls, trial: Trial, device: str) -> Learner:
        """A trial before its first update; seeds torch."""
        torch.manual_seed(trial.seed)
        task, training = trial.task.build(), trial.training
        sizes = task.input_size, task.answer.output_size
        network = trial.model.build(*sizes, backend=training.backend).to(device)
        terms = torch.nn.ModuleList(
            regularisers.build(name, network, options)
            for name, options in training.regularisers.items()
        ).to(device)
        warm_up(network)
        make = OPTIMISERS[training.optimiser]
        low, high = task.lengths
        ramp = training.curriculum
        return cls(
            trial=trial,
            task=task,
            network=network,
            optimiser=make([*network.parameters(), *terms.parameters()], lr=training.learning_rate),
            regularisers=terms,
            rng=np.random.default_rng([trial.seed]),
            longest=min(max(ramp.start, low), high) if ramp else None,
        )

    @property
    def device(self) -> torch.device:
        """Where the network lives."""
        return next(self.network.parameters()).device

    @property
    def over(self) -> bool:
        """Whether there is nothing left to train."""
        return self.solved is not None or self.step >= self.trial.training.updates

    @property
    def clock(self) -> dict[str, Any]:
        """Updates, sequences and seconds so far: the first columns of every row."""
        sequences = self.step * self.trial.training.batch_size
        return {"step": self.step, "sequences": sequences, "seconds": self.seconds}

    @property
    def test_lengths(self) -> tuple[int, ...]:
        """The grid of lengths to test at; raises BadData where it cannot tell solved from not."""
        training, (low, high) = self.trial.training, self.task.lengths
        lengths = training.test_lengths or tuple(self.task.test_lengths)
        if training.solved_errors is not None and not any(low <= n <= high for n in lengths):
            raise BadData(
                f"test_lengths {lengths} has none of the trained lengths, {low} to {high}, at "
                "which solved_errors is judged: add one, or set solved_errors to None."
            )
        return lengths

    def parameters(self) -> list[torch.nn.Parameter]:
        """All that is trained: the network's parameters and those of the regularisers."""
        return [*self.network.parameters(), *self.regularisers.parameters()]

    def batch(self) -> Batch:
        """The next training batch; without a curriculum, a function of seed and step alone.

        Each sequence stands in it as often as the estimator wants rollouts of it.
        """
        length = None
        if self.longest is not None:
            length = int(self.rng.integers(self.task.lengths[0], self.longest, endpoint=True))
        batch = self.task.sample(self.rng, self.trial.training.batch_size, length)
        rollouts = self.network.estimator.rollouts
        return Batch(*(np.repeat(array, rollouts, axis=1) for array in batch))

    def judge(self, errors: float, tests: list[dict[str, Any]]) -> None:
        """After an evaluation: move the curriculum on, and decide whether the trial is solved."""
        training, (low, high) = self.trial.training, self.task.lengths
        if training.curriculum and self.longest and errors <= training.curriculum.errors:
            self.longest = min(self.longest + training.curriculum.grow, high)
        if training.solved_errors is None:
            return
        wrong = [row["errors"] for row in tests if low <= row["length"] <= high]
        if sum(wrong) / len(wrong) > training.solved_errors:
            self.below = None
        elif self.below is None:
            self.below = self.clock
        else:
            self.solved = self.below

    def save(self, path: Path) -> None:
        """Write all of it, in one piece; raises Unwritable."""
        data = {name: getattr(self, name) for name in _COUNTERS}
        data |= {
            "trial": json.dumps(self.trial.to_json()),
            "id": self.trial.id,
            "network": self.network.state_dict(),
            "regularisers": self.regularisers.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "data": json.dumps(self.rng.bit_generator.state),
            "torch": torch.get_rng_state(),
        }
        if self.device.type == "cuda":
            data["cuda"] = torch.cuda.get_rng_state(self.device)
        buffer = io.BytesIO()
        torch.save(data, buffer)
        write_whole(path, buffer.getvalue())

    def resume(self, path: Path) -> None:
        """Go on from a saved moment of the same trial; raises BadData where it is none."""
        data = _read(path, self.device)
        if data["id"] != self.trial.id:
            raise BadData(
                f"{path} is a checkpoint of trial {data['id']}, not of {self.trial.id}: "
                "name another file, or delete it to train from the start."
            )
        _fit(path, self.network, data["network"])
        _fit(path, self.regularisers, data["regularisers"])
        _fit(path, self.optimiser, data["optimiser"])
        for name in _COUNTERS:
            setattr(self, name, data[name])
        self.rng.bit_generator.state = json.loads(data["data"])
        torch.set_rng_state(data["torch"].cpu())
        if "cuda" in data and self.device.type == "cuda":
            torch.cuda.set_rng_state(data["cuda"].cpu(), self.device)


def trained(path: Path, device: str = "cpu") -> tuple[Trial, MemoryNetwork]:
    """The trial and the network of a checkpoint; raises BadData where the file is none.

    torch's random numbers are left as they were.
    """
    data = _read(path, torch.device(device))
    trial = Trial.from_json(json.loads(data["trial"]), str(path))
    with torch.random.fork_rng(devices=[]):
        network = Learner.start(trial, device).network
    _fit(path, network, data["network"])
    return trial, network.eval()


_COUNTERS = ("step", "seconds", "sums", "longest", "below", "solved")


def _fit(path: Path, part: Any, state: dict[str, Any]) -> None:
    try:
        part.load_state_dict(state)
    except (RuntimeError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise BadData(
            f"{path} was written by another version of the model ({reason:.200}): "
            "delete the folder of this trial to train it anew."
        ) from error


def _read(path: Path, device: torch.device) -> dict[str, Any]:
    if not path.is_file():
        raise BadData(f"there is no checkpoint {path}.")
    try:
        data = torch.load(path, map_location=device, weights_only=True)
        if not {"id", "trial", "network", *_COUNTERS} <= set(data):
            raise BadData("it lacks what a checkpoint holds")
    except (OSError, RuntimeError, EOFError, ValueError, TypeError, pickle.PickleError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise BadData(
            f"{path} is not a checkpoint of a trial ({reason}): delete it to train from the start."
        ) from error
    return data
