"""How good an estimator's gradient is: bias, variance and cosine against the exact one.

A procedure for studies of estimators on tasks small enough to enumerate. One sequence and one set
of parameters per seed, the same for every estimator; measured before training and after some
updates with soft addresses.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from memnets.enumeration import Cost, exact_gradient, sampled_gradient, with_estimator
from memnets.estimators import Soft
from memnets.network import MemoryNetwork

from .objective import cost, tensors
from .trial import Outcome, Row, Trial

# rollouts per gradient, and how many gradients of so many rollouts are drawn
REPEATS = {4: 400, 16: 200, 64: 100, 256: 50, 1024: 30, 4096: 20}
WARM_UP = 200


def measure(
    trial: Trial, *, checkpoint: Path | None = None, device: str = "cpu"
) -> Generator[Row, None, Outcome]:
    """Rows of kind "gradient", one for each number of rollouts averaged.

    `bias`, `deviation` (square root of the summed variance) and `error` (root mean square) are
    relative to the norm of the exact gradient; `bias_noise` is what `bias` would show by chance for
    an unbiased estimator. `seconds_per_gradient` is a median. Works in float64.
    """
    torch.manual_seed(trial.seed)
    task = trial.task.build()
    rng = np.random.default_rng([trial.seed])
    inputs_TBX, targets_TBY, mask_TB = tensors(task.sample(rng, 1, task.lengths[1]), device)
    inputs_TX = inputs_TBX[:, 0].double()

    def per_step(logits_TBY: Tensor) -> Tensor:
        rows = logits_TBY.shape[1]
        spread = targets_TBY.expand(-1, rows, -1), mask_TB.expand(-1, rows)
        return cost(task.answer, logits_TBY, *spread)

    model = trial.model.build(task.input_size, task.answer.output_size).to(device).double()
    soft = with_estimator(model, Soft())
    optimiser = torch.optim.Adam(soft.parameters(), trial.training.learning_rate)
    started = time.perf_counter()
    for step in (0, trial.training.updates):
        for _ in range(step):
            x_TBX, y_TBY, m_TB = tensors(task.sample(rng, trial.training.batch_size), device)
            optimiser.zero_grad()
            cost(task.answer, soft(x_TBX.double()).logits_TBY, y_TBY, m_TB).mean(1).sum().backward()
            optimiser.step()
        expected, exact = exact_gradient(soft, inputs_TX, per_step)
        twin = _prepared(soft, model, inputs_TX, per_step)
        for row in _rows(twin, inputs_TX, per_step, exact):
            seconds = time.perf_counter() - started
            clock = {"step": step, "sequences": step, "seconds": seconds}
            yield {**clock, "kind": "gradient", "length": None, "expected_cost": expected, **row}
    return Outcome({"parameters": exact.numel(), "seconds": time.perf_counter() - started}, {})


def _prepared(
    soft: MemoryNetwork, model: MemoryNetwork, inputs_TX: Tensor, per_step: Cost
) -> MemoryNetwork:
    """The soft network's parameters under the trial's estimator, its baseline warmed up."""
    network = with_estimator(soft, model.estimator)
    own = list(network.estimator.parameters())
    optimiser = torch.optim.Adam(own, 1e-2) if own else None
    for _ in range(WARM_UP):
        rollout = network(inputs_TX.unsqueeze(1).expand(-1, 64, -1))
        cost_TB = per_step(rollout.logits_TBY)
        loss = network.estimator.loss(rollout.address, cost_TB, rollout.hidden_TBC)
        if optimiser:
            optimiser.zero_grad()
            loss.backward(inputs=own)
            optimiser.step()
    return network


def _rows(
    network: MemoryNetwork, inputs_TX: Tensor, per_step: Cost, exact: Tensor
) -> Iterator[Row]:
    norm = exact.norm()
    for samples, repeats in REPEATS.items():
        drawn, seconds = [], []
        for _ in range(repeats):
            started = time.perf_counter()
            drawn.append(sampled_gradient(network, inputs_TX, per_step, samples))
            seconds.append(time.perf_counter() - started)
        gradients = torch.stack(drawn)
        mean, variance = gradients.mean(0), gradients.var(0).sum()
        cosine = torch.nn.functional.cosine_similarity(gradients, exact.unsqueeze(0))
        # the squared distance of a sample mean from the truth holds variance / repeats of noise
        noise = variance / repeats
        squared_bias = ((mean - exact).square().sum() - noise).clamp_min(0)
        yield {
            "samples": samples,
            "bias": float(squared_bias.sqrt() / norm),
            "bias_noise": float(noise.sqrt() / norm),
            "deviation": float(variance.sqrt() / norm),
            "error": float((gradients - exact).square().sum(1).mean().sqrt() / norm),
            "cosine": float(cosine.mean()),
            "seconds_per_gradient": float(np.median(seconds)),
        }
