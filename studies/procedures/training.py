"""The loop of supervised training: updates, evaluations, and the facts at the end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from envs.tasks.base import Batch, Task
from memnets.network import MemoryNetwork
from memnets.types import Address, Rollout

from .asked import Asked
from .base import Outcome, Recorder, Row
from .best import chosen
from .clock import now
from .cost import NATS_PER_BIT, tensors
from .descent import clip, descend, forget
from .evaluation import controlled_lengths, controls, evaluate, marks
from .facts import add, averages, facts
from .learner import Learner
from .loop import run_to_end
from .mixed import last_scored
from .selection import OWN
from .terms import added
from .tracing import traces

if TYPE_CHECKING:
    from ..design.trial import Trial
    from .supervised import Supervised


REMEDY = "learning_rate or clip_norm"


class Diverged(ArithmeticError):
    """Loss, gradient or test stopped being a finite number."""


def train(trial: Trial, settings: Supervised, recorder: Recorder) -> Outcome:
    """Train and test, or go on with that; raises Diverged, and BadData for what it cannot train."""
    settings.require_model(trial.model)
    settings.require_device(recorder.device)
    learner = Learner.start(trial, settings, recorder.device)
    run_to_end(learner, recorder, update, evaluated)
    parent = {"parent": learner.parent} if learner.parent else {}
    found = {**facts(learner), **parent, **learner.watchers.facts(), **learner.task.facts()}
    lengths = settings.lengths(learner.task)
    return Outcome(found, traces(learner.network, learner.task, lengths, trial.seed))


def update(learner: Learner) -> None:
    """One step of the optimiser, by the mean gradient of as many batches as are accumulated."""
    network, settings = learner.network, learner.settings
    started = now(settings.clock)
    if not network.training:
        network.train()
    forget(learner.parameters())
    drawn = [learner.batch() for _ in range(settings.accumulate)]
    done = [passes(learner, batch, 1 / settings.accumulate) for batch in drawn]
    norm, *others = [clip(parts, largest) for parts, largest in learner.clipped_apart()]
    for one in done:
        require_finite(one.loss.item(), "the loss", learner.step + 1)
    largest, columns = settings.skip_norm, {}
    skipped = largest is not None and not all(value <= largest for value in (norm, *others))
    if largest is not None:
        columns = {"skipped": float(skipped)}
    if not skipped:
        for value in (norm, *others):
            require_finite(value.item(), "the gradient norm", learner.step + 1)
        descend(learner.optimiser)
    share = network.estimator.one_slot_share
    network.advance()
    learner.step += 1
    learner.watchers.updated(learner, side_by_side([one.cost_TB.detach() for one in done]))
    for one, batch in zip(done, drawn, strict=True):
        decided = one.asked.decided(learner.task.answer, one.rollout)
        learner.answered(decided, batch)
        add(
            learner.sums,
            updates=1,
            bits=one.data_cost.item() / NATS_PER_BIT,
            **marks(learner.task, decided, batch),
            entropy=one.rollout.address.entropy_BH.detach().mean().item(),
            one_slot_share=share,
            gradient_norm=0.0 if skipped else norm.item(),
            **columns,
        )
    learner.seconds += now(settings.clock) - started


class Passes(NamedTuple):
    """What forward and backward over a batch give, beside the gradients."""

    asked: Asked
    rollout: Rollout
    cost_TB: Tensor
    data_cost: Tensor
    """Cost per sequence, in nats."""
    loss: Tensor


def passes(learner: Learner, batch: Batch, share: float = 1.0) -> Passes:
    """Forward and backward over a batch; adds this share of its gradient to the parameters'."""
    network = learner.network
    inputs_TBX, targets_TBY, mask_TB = tensors(batch, learner.device)
    answer = learner.task.answer
    # a regulariser may look at all logits
    asked = Asked() if len(learner.regularisers) else Asked.of(answer, batch, learner.device)
    rollout = network(inputs_TBX, asked_SB=asked.steps_SB)
    cost_TB = asked.cost(answer, rollout, targets_TBY, mask_TB)
    loss = data_cost = cost_TB.sum(0).mean()
    if network.estimator.has_loss:
        address = scored(rollout.address, batch.mask_TB)
        seen = cost_TB, network.features(rollout), network.embed(inputs_TBX).detach()
        loss = loss + network.estimator.surrogate(address, *seen)
    if len(learner.regularisers):
        loss = loss + added(learner.regularisers, rollout, inputs_TBX, learner.task, batch)
    (loss if share == 1 else share * loss).backward()
    return Passes(asked, rollout, cost_TB, data_cost, loss)


def side_by_side(costs: Sequence[Tensor]) -> Tensor:
    """Costs of batches of different lengths as one of all their sequences: (T, B), zeros after."""
    if len(costs) == 1:
        return costs[0]
    steps = max(len(cost_TB) for cost_TB in costs)
    return torch.cat([pad(cost_TB, (0, 0, 0, steps - len(cost_TB))) for cost_TB in costs], 1)


def scored(address: Address, mask_TB: np.ndarray) -> Address:
    """An address without the choices after a sequence's last scored step.

    They change no cost, so the score function has nothing to learn from them but noise.
    """
    if mask_TB[-1].all():
        return address
    before_TB1 = torch.from_numpy(last_scored(mask_TB)).unsqueeze(-1).to(address.log_prob_BH.device)
    return address._replace(
        log_prob_BH=address.log_prob_BH * before_TB1,
        entropy_BH=address.entropy_BH * before_TB1,
    )


def evaluated(learner: Learner) -> list[Row]:
    """The rows of an evaluation; it moves the curriculum on and decides whether it is solved."""
    settings, seed = learner.settings, learner.trial.seed
    lengths = settings.lengths(learner.task)
    with learner.watchers.testing(learner.network):
        tests = evaluate(learner.network, learner.task, lengths, settings.test_sequences, seed)
    tests = require_finite_tests(tests, learner.step)
    means, clock = averages(learner.sums), learner.clock | learner.watchers.columns()
    if learner.longest is not None:
        means["level"] = learner.longest
    learner.judge(means["errors"], tests)
    learner.sums = {}
    tests = learner.watchers.evaluated(learner, means, tests)
    if learner.over:
        tests += at_the_end(learner.network, learner.task, lengths, settings.test_sequences, seed)
    return [{**clock, **row} for row in (means, *tests)]


def at_the_end(
    network: MemoryNetwork, task: Task, lengths: Sequence[int], sequences: int, seed: int
) -> list[Row]:
    """The rows of the slow controls, of the network that is kept: None for what is not finite."""
    tests = controls(network, task, controlled_lengths(task, lengths), sequences, seed)
    return [{name: _finite(value) for name, value in test.items()} for test in tests]


def require_finite_tests(tests: list[Row], step: int, remedy: str = REMEDY) -> list[Row]:
    """The rows of tests; raises Diverged for a number under the own address that is not finite.

    Under another address, which it was not trained for, a network may overflow and be as good as
    before under its own: such a number is None.
    """
    for test in chosen(tests, OWN):
        for name, value in test.items():
            if isinstance(value, float):
                where = f"{name.replace('_', ' ')} of the test at length {test['length']}"
                require_finite(value, where, step, remedy)
    return [{name: _finite(value) for name, value in test.items()} for test in tests]


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def require_finite(value: float, what: str, step: int, remedy: str = REMEDY) -> None:
    """Raises Diverged, which says what would help, for what is not a finite number."""
    if not math.isfinite(value):
        raise Diverged(f"{what} is {value} at update {step}: a smaller {remedy} may help.")
