"""How good an estimator's gradient is: bias, variance and cosine against the exact one.

A procedure for studies of estimators on tasks small enough to enumerate. One sequence and one set
of parameters per seed, the same for every estimator; measured before training and after some
updates. What is measured is the gradient of the expected cost under sampled addresses with respect
to the controller and the cell: the readout's, which any rollout gives well, would hide the rest.
"""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from memnets.checks.enumeration import (
    Cost,
    exact_gradient,
    model_parameters,
    sampled_gradient,
    with_estimator,
)
from memnets.estimators import Estimator, Reinforce
from memnets.network import MemoryNetwork

from ..design.trial import Outcome, Row, Trial
from .objective import cost, tensors

REPEATS = {4: 80, 32: 40, 256: 30, 2048: 16}
"""Rollouts per gradient, and how many gradients of so many rollouts are drawn."""
SAME = 5
"""How many are drawn where nothing is random: enough for a median of the time."""
WARM_UP = {"learned": 200, "averages": 50}
"""Minibatches of 64 rollouts from which a baseline learns before it is measured."""


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


def measure(
    trial: Trial, *, checkpoint: Path | None = None, device: str = "cpu"
) -> Generator[Row, None, Outcome]:
    """Rows of kind "gradient", one for each number of rollouts averaged, at either point.

    `bias`, `deviation` (square root of the summed variance) and `error` (root mean square) are
    relative to the norm of the exact gradient, `exact_norm`. `squared_bias` is free of the noise of
    a mean of so many draws, and below zero by chance; `bias` is its root, or zero; `bias_noise` is
    the deviation of that mean. `seconds_per_gradient` is a median of processor time, which other
    work on the machine disturbs less than it does the clock. In float64.
    """
    started = time.perf_counter()
    for point in _points(_shared(trial), device):
        torch.manual_seed(trial.seed)
        network = with_estimator(point.network, _estimator(trial))
        _warm_up(network, point)
        for row in _rows(network, point):
            yield {
                "step": point.step,
                "sequences": point.step * trial.training.batch_size,
                "seconds": time.perf_counter() - started,
                "kind": "gradient",
                "length": None,
                "expected_cost": point.expected_cost,
                "exact_norm": float(point.exact.norm()),
                **row,
            }
    facts = {
        "backend": network.backend,
        "backend_reason": "gradients are measured in float64",
        "parameters": point.counted.numel(),
        "measured_parameters": int(point.counted.sum()),
        "seconds": time.perf_counter() - started,
    }
    return Outcome(facts, {})


def _shared(trial: Trial) -> str:
    """What trials of different estimators have in common, as text."""
    model = replace(trial.model, estimator="soft", estimator_options={})
    return json.dumps(replace(trial, model=model, model_label="").to_json(), sort_keys=True)


# a study runs all estimators of a cell and seed before the next seed
@functools.lru_cache(maxsize=4)
def _points(shared: str, device: str) -> tuple[Point, Point]:
    """Before training, and after descending the expected cost under sampled addresses.

    Unbiased gradients lead there, so no estimator's own bias is part of the place where it is
    judged; the reward for entropy keeps the addresses from becoming certain.
    """
    trial = Trial.from_json(json.loads(shared))
    torch.manual_seed(trial.seed)
    rng = np.random.default_rng([trial.seed])
    task = trial.task.build()
    inputs_TBX, targets_TBY, mask_TB = tensors(task.sample(rng, 1, task.lengths[1]), device)

    def per_step(logits_TBY: Tensor) -> Tensor:
        rows = logits_TBY.shape[1]
        spread = targets_TBY.expand(-1, rows, -1), mask_TB.expand(-1, rows)
        return cost(task.answer, logits_TBY, *spread)

    sizes = task.input_size, task.answer.output_size
    # exact gradients and timings are those of the reference, which alone has float64
    model = trial.model.build(*sizes, backend="reference").to(device).double()
    estimator = Reinforce(baseline="leave_one_out", rollouts=4, normalise=False, entropy_weight=0.1)
    network = with_estimator(model, estimator)

    def point(step: int) -> Point:
        inputs_TX = inputs_TBX[:, 0].double()
        expected, exact = exact_gradient(network, inputs_TX, per_step)
        counted = _counted(network)
        here = with_estimator(network, _estimator(trial))
        return Point(step, here, inputs_TX, per_step, expected, exact[counted], counted)

    before = point(0)
    optimiser = torch.optim.Adam(network.parameters(), trial.training.learning_rate)
    for _ in range(trial.training.updates):
        x_TBX, y_TBY, mask_TB_ = tensors(task.sample(rng, trial.training.batch_size), device)
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
    return before, point(trial.training.updates)


def _estimator(trial: Trial) -> Estimator:
    task = trial.task.build()
    return trial.model.build(task.input_size, task.answer.output_size).estimator


def _counted(network: MemoryNetwork) -> Tensor:
    """Which entries of a flat gradient belong to the controller and the cell."""
    readout = {id(parameter) for parameter in network.readout.parameters()}
    return torch.cat(
        [
            torch.full((p.numel(),), id(p) not in readout, device=p.device)
            for p in model_parameters(network)
        ]
    )


def _warm_up(network: MemoryNetwork, point: Point) -> None:
    """Let the baseline, if there is one, learn from rollouts of the sequence."""
    estimator = network.estimator
    if not estimator.has_loss:
        return
    own = list(estimator.parameters())
    optimiser = torch.optim.Adam(own, 1e-2) if own else None
    for _ in range(WARM_UP["learned" if own else "averages"]):
        with torch.no_grad():
            rollout = network(point.inputs_TX.unsqueeze(1).expand(-1, 64, -1))
            cost_TB = point.per_step(rollout.logits_TBY)
        loss = estimator.loss(rollout.address, cost_TB, rollout.hidden_TBC)
        if optimiser:
            optimiser.zero_grad()
            loss.backward(inputs=own)
            optimiser.step()


def _rows(network: MemoryNetwork, point: Point) -> Iterator[Row]:
    exact, norm = point.exact, point.exact.norm()

    def draw(samples: int) -> Tensor:
        inputs_TX, per_step = point.inputs_TX, point.per_step
        return sampled_gradient(network, inputs_TX, per_step, samples)[point.counted]

    random = _is_random(lambda: draw(4))
    for samples, repeats in REPEATS.items():
        drawn, seconds = [], []
        for _ in range(repeats if random else SAME):
            started = time.process_time()
            drawn.append(draw(samples))
            seconds.append(time.process_time() - started)
        gradients = torch.stack(drawn)
        mean, variance = gradients.mean(0), gradients.var(0).sum()
        cosine = torch.nn.functional.cosine_similarity(gradients, exact.unsqueeze(0))
        # the squared distance of a mean of draws from the truth holds variance / draws of noise
        noise = variance / len(drawn)
        squared_bias = float(((mean - exact).square().sum() - noise) / norm.square())
        yield {
            "samples": samples,
            "bias": max(squared_bias, 0.0) ** 0.5,
            "squared_bias": squared_bias,
            "bias_noise": float(noise.sqrt() / norm),
            "deviation": float(variance.sqrt() / norm),
            "error": float((gradients - exact).square().sum(1).mean().sqrt() / norm),
            "cosine": float(cosine.mean()),
            "seconds_per_gradient": float(np.median(seconds)),
        }


def _is_random(draw: Callable[[], Tensor]) -> bool:
    before = torch.get_rng_state()
    draw()
    return not torch.equal(before, torch.get_rng_state())
