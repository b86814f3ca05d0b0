"""The loop of evolution strategies, and its state at any moment: what a checkpoint holds."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from envs.tasks.base import Batch, Task
from memnets.backends import warm_up
from memnets.estimators import ONE_SLOT
from memnets.network import MemoryNetwork

from ..design.data import BadData
from .base import BadCheckpoint, Outcome, Recorder, Row
from .best import chosen
from .checkpoint import fit, read, written
from .cost import NATS_PER_BIT, cost, tensors
from .evaluation import evaluate, marks
from .evolution_gradient import SHAPINGS, estimated_gradient
from .facts import add, averages, facts
from .loop import run_to_end
from .optimisers import optimiser_of
from .selection import OWN
from .solving import judged
from .tracing import traces
from .training import at_the_end, require_finite, require_finite_tests
from .training_settings import tested_lengths

if TYPE_CHECKING:
    from ..design.trial import Trial
    from .evolution import Evolution

COUNTERS = ("step", "seconds", "sums", "below", "solved")
"""Fields of a Search that are stored as they are."""
ENTRIES = {"id", "trial", "network", "optimiser", "data", "noise", *COUNTERS}
REMEDY = "learning_rate or sigma"


@dataclass
class Search:
    """A network in search: all that changes from update to update.

    `members_D` is the memory of the network's parameters, one after the other; `centre_D` is θ.
    """

    trial: Trial
    settings: Evolution
    task: Task
    network: MemoryNetwork
    members_D: Tensor
    centre_D: nn.Parameter
    optimiser: torch.optim.Optimizer
    rng: np.random.Generator
    noise: torch.Generator
    step: int = 0
    seconds: float = 0.0
    sums: dict[str, float] = field(default_factory=dict)
    below: dict[str, Any] | None = None
    solved: dict[str, Any] | None = None

    @classmethod
    def start(cls, trial: Trial, settings: Evolution, device: str) -> Search:
        """A trial before its first update; seeds torch."""
        torch.manual_seed(trial.seed)
        task = trial.task.build()
        network = trial.model.build(**task.network_sizes, backend=settings.backend)
        if network.cell.learns_by_advance:
            raise BadData(
                f"{trial.model.cell}: its codes move by keys seen in training, and members "
                f"run as in a test: take other scores than 'codes'"
            )
        network = network.to(device).eval()
        with torch.no_grad():
            members_D = in_one_piece(network)
            warm_up(network)
        centre_D = nn.Parameter(members_D.clone())
        return cls(
            trial=trial,
            settings=settings,
            task=task,
            network=network,
            members_D=members_D,
            centre_D=centre_D,
            optimiser=optimiser_of(settings.optimiser, [centre_D], settings.learning_rate),
            # the batches of supervised training; the noise is a stream of its own
            rng=np.random.default_rng([trial.seed]),
            noise=torch.Generator().manual_seed(trial.seed),
        )

    @property
    def over(self) -> bool:
        """Whether there is nothing left to search."""
        return self.solved is not None or self.step >= self.settings.updates

    @property
    def due(self) -> bool:
        """Whether an evaluation follows the last update."""
        regular = self.step % self.settings.evaluate_every == 0
        return regular or self.step >= self.settings.updates

    @property
    def clock(self) -> dict[str, Any]:
        """Updates, sequences of all members, and seconds so far: the first columns of a row."""
        sequences = self.step * self.settings.population * self.settings.batch_size
        return {"step": self.step, "sequences": sequences, "seconds": self.seconds}

    def checkpoint(self) -> bytes:
        """All of it, in one piece."""
        data = {name: getattr(self, name) for name in COUNTERS}
        data |= {
            "trial": json.dumps(self.trial.to_json()),
            "id": self.trial.id,
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "data": json.dumps(self.rng.bit_generator.state),
            "noise": self.noise.get_state(),
        }
        return written(data)

    def restore(self, checkpoint: bytes) -> None:
        """Go on from a checkpoint of the same trial; raises BadCheckpoint where it is none."""
        data = read(checkpoint, self.centre_D.device, ENTRIES)
        if data["id"] != self.trial.id:
            raise BadCheckpoint(f"it is of trial {data['id']}, not of {self.trial.id}")
        fit(self.network, data["network"])
        fit(self.optimiser, data["optimiser"])
        with torch.no_grad():
            self.centre_D.copy_(self.members_D)
        for name in COUNTERS:
            setattr(self, name, data[name])
        self.rng.bit_generator.state = json.loads(data["data"])
        self.noise.set_state(data["noise"].cpu())


def search(trial: Trial, settings: Evolution, recorder: Recorder) -> Outcome:
    """Search and test, or go on with that; raises Diverged."""
    found = Search.start(trial, settings, recorder.device)
    run_to_end(found, recorder, update, evaluated)
    # members address as in a test, whatever the estimator does where there are gradients
    used = found.network.estimator.at_test
    own = {"in_training": used}
    lengths = tested_lengths(settings, found.task)
    known = {**facts(found), **own, **found.task.facts()}
    return Outcome(known, traces(found.network, found.task, lengths, trial.seed))


def in_one_piece(network: nn.Module) -> Tensor:
    """Moves all parameters that learn into one vector, (D,), which it returns.

    Each is a part of it from then on: what is written to the vector is in the network.
    """
    learning = [part for part in network.parameters() if part.requires_grad]
    vector_D = nn.utils.parameters_to_vector(learning).detach().clone()
    nn.utils.vector_to_parameters(vector_D, learning)
    return vector_D


@torch.no_grad()
def update(found: Search) -> None:
    """One batch, run by every member; one step of the optimiser."""
    started = time.perf_counter()
    settings, answer = found.settings, found.task.answer
    batch = found.task.sample(found.rng, settings.batch_size)
    inputs_TBX, targets_TBY, mask_TB = tensors(batch, found.centre_D.device)

    def run() -> tuple[Any, Tensor]:
        rollout = found.network(inputs_TBX)
        cost_TB = cost(answer, rollout.logits_TBY, targets_TBY, mask_TB)
        return rollout, cost_TB.sum(0).mean()

    rollout, own_cost = run()
    noise_ND = _noise(found)
    costs_2N = noise_ND.new_empty(2, len(noise_ND))
    for n, noise_D in enumerate(noise_ND):
        for side, sign in enumerate((1, -1)):
            torch.add(found.centre_D, noise_D, alpha=sign * settings.sigma, out=found.members_D)
            costs_2N[side, n] = run()[1]
    shaped_2N = SHAPINGS[settings.shaping](-costs_2N.flatten().cpu()).view_as(costs_2N)
    gradient_D = estimated_gradient(noise_ND, shaped_2N.to(noise_ND.device), settings.sigma)
    norm, step = gradient_D.norm(), found.step + 1
    for name, value in (("the loss", own_cost), ("the mean loss of members", costs_2N.mean())):
        require_finite(value.item(), name, step, REMEDY)
    found.centre_D.grad = settings.weight_decay * found.centre_D - gradient_D
    found.optimiser.step()
    found.members_D.copy_(found.centre_D)
    found.step = step
    _count(found, rollout, batch, own_cost, costs_2N, norm)
    found.seconds += time.perf_counter() - started


def evaluated(found: Search) -> list[Row]:
    """The rows of an evaluation; it decides whether the task is solved."""
    settings, task, seed = found.settings, found.task, found.trial.seed
    lengths = tested_lengths(settings, task)
    tests = evaluate(found.network, task, lengths, settings.test_sequences, seed)
    tests = require_finite_tests(tests, found.step, REMEDY)
    means, now = averages(found.sums), found.clock
    found.below, found.solved = judged(
        chosen(tests, OWN),
        lengths=task.lengths,
        largest=settings.solved_errors,
        below=found.below,
        now=now,
    )
    found.sums = {}
    if found.over:
        tests += at_the_end(found.network, task, lengths, settings.test_sequences, seed)
    return [{**now, **row} for row in (means, *tests)]


def _noise(found: Search) -> Tensor:
    """The directions of an update, (N, D), the same on every device."""
    shape = found.settings.population // 2, len(found.centre_D)
    return torch.randn(shape, generator=found.noise).to(found.centre_D.device)


def _count(
    found: Search, rollout: Any, batch: Batch, own_cost: Tensor, costs_2N: Tensor, norm: Tensor
) -> None:
    decided = found.task.answer.decide(rollout.logits_TBY.cpu().numpy())
    add(
        found.sums,
        updates=1,
        bits=own_cost.item() / NATS_PER_BIT,
        population_bits=costs_2N.mean().item() / NATS_PER_BIT,
        **marks(found.task, decided, batch),
        entropy=rollout.address.entropy_BH.mean().item(),
        gradient_norm=norm.item(),
        one_slot_share=float(found.network.estimator.at_test == ONE_SLOT),
    )
