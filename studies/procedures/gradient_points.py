"""Where gradients are measured: the same points for all estimators of a cell and a seed."""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from memnets.checks.enumeration import Cost, exact_gradient, model_parameters, with_estimator
from memnets.estimators import Estimator, Reinforce
from memnets.network import MemoryNetwork

from ..design.trial import Trial
from .cost import cost, tensors

if TYPE_CHECKING:
    from .gradients import Gradients


class Point(NamedTuple):
    """Where gradients are measured: parameters, a sequence with its cost, and the exact gradient.

    `expected_cost` is in nats; `exact` is that of the parameters in `counted`, flat.
    """

    step: int
    network: MemoryNetwork
    inputs_TX: Tensor
    per_step: Cost
    expected_cost: float
    exact: Tensor
    counted: Tensor


def points(trial: Trial, settings: Gradients, device: str) -> tuple[Point, Point]:
    """Before training, and after descending the expected cost under sampled addresses.

    Unbiased gradients lead there, so no estimator's own bias is part of the place where it is
    judged; the reward for entropy keeps the addresses from becoming certain. Trials that differ in
    nothing but the estimator share their points.
    """
    model = replace(trial.model, estimator="soft", estimator_options={})
    shared = replace(trial, model=model, model_label="")
    return _points(json.dumps(shared.to_json(), sort_keys=True), settings, device)


# a study runs all estimators of a cell and seed before the next seed
@functools.lru_cache(maxsize=4)
def _points(shared: str, settings: Gradients, device: str) -> tuple[Point, Point]:
    trial = Trial.from_json(json.loads(shared))
    torch.manual_seed(trial.seed)
    rng = np.random.default_rng([trial.seed])
    task = trial.task.build()
    inputs_TBX, targets_TBY, mask_TB = tensors(task.sample(rng, 1, task.lengths[1]), device)

    def per_step(logits_TBY: Tensor) -> Tensor:
        rows = logits_TBY.shape[1]
        spread = targets_TBY.expand(-1, rows, -1), mask_TB.expand(-1, rows)
        return cost(task.answer, logits_TBY, *spread)

    # exact gradients and timings are those of the reference, which alone has float64
    model = trial.model.build(**task.network_sizes, backend="reference").to(device).double()
    estimator = Reinforce(
        baseline="leave_one_out",
        rollouts=settings.descent_rollouts,
        normalise=False,
        entropy_weight=settings.descent_entropy,
    )
    network = with_estimator(model, estimator)

    def point(step: int) -> Point:
        inputs_TX = inputs_TBX[:, 0].double()
        expected, exact = exact_gradient(network, inputs_TX, per_step)
        counted = _counted(network)
        here = with_estimator(network, own_estimator(trial))
        return Point(step, here, inputs_TX, per_step, expected, exact[counted], counted)

    before = point(0)
    optimiser = torch.optim.Adam(network.parameters(), settings.learning_rate)
    for _ in range(settings.updates):
        x_TBX, y_TBY, mask_TB_ = tensors(task.sample(rng, settings.batch_size), device)
        rollout = network(estimator.spread(x_TBX.double()))
        cost_TB = cost(
            task.answer,
            rollout.logits_TBY,
            estimator.spread(y_TBY),
            mask_TB_.repeat_interleave(estimator.rollouts, 1),
        )
        loss = cost_TB.sum(0).mean() + estimator.loss(rollout.address, cost_TB)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        network.advance()
    return before, point(settings.updates)


def own_estimator(trial: Trial) -> Estimator:
    """The estimator that the trial's model names."""
    task = trial.task.build()
    return trial.model.build(**task.network_sizes).estimator


def _counted(network: MemoryNetwork) -> Tensor:
    """Which entries of a flat gradient belong to the controller and the cell."""
    readout = {id(parameter) for parameter in network.readout.parameters()}
    return torch.cat(
        [
            torch.full((p.numel(),), id(p) not in readout, device=p.device)
            for p in model_parameters(network)
        ]
    )
