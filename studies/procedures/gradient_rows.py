"""Rows of a gradient study: an estimator's gradients against the exact one, at either point."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from memnets.checks.enumeration import sampled_gradient, with_estimator
from memnets.network import MemoryNetwork

from .base import Outcome, Recorder, Row
from .gradient_points import Point, own_estimator, points

if TYPE_CHECKING:
    from ..design.trial import Trial
    from .gradients import Gradients


def measure(trial: Trial, settings: Gradients, recorder: Recorder) -> Outcome:
    """Rows of kind "gradient", one for each number of rollouts averaged, at either point.

    `bias`, `deviation` (square root of the summed variance) and `error` (root mean square) are
    relative to the norm of the exact gradient, `exact_norm`. `squared_bias` is free of the noise of
    a mean of so many draws, and below zero by chance; `bias` is its root, or zero; `bias_noise` is
    the deviation of that mean. `seconds_per_gradient` is a median of processor time, which other
    work on the machine disturbs less than it does the clock. In float64.
    """
    started = time.perf_counter()
    for point in points(trial, settings, recorder.device):
        torch.manual_seed(trial.seed)
        network = with_estimator(point.network, own_estimator(trial))
        _warm_up(network, point, settings)
        for row in _rows(network, point, settings):
            place = {
                "step": point.step,
                "sequences": point.step * settings.batch_size,
                "seconds": time.perf_counter() - started,
                "kind": "gradient",
                "length": None,
                "expected_cost": point.expected_cost,
                "exact_norm": float(point.exact.norm()),
            }
            recorder.row({**place, **row})
    facts = {
        "backend": network.backend,
        "backend_reason": "gradients are measured in float64",
        "parameters": point.counted.numel(),
        "measured_parameters": int(point.counted.sum()),
        "seconds": time.perf_counter() - started,
    }
    return Outcome(facts, {})


def _warm_up(network: MemoryNetwork, point: Point, settings: Gradients) -> None:
    """Let the baseline, if there is one, learn from rollouts of the sequence."""
    estimator = network.estimator
    if not estimator.has_loss:
        return
    own = list(estimator.parameters())
    optimiser = torch.optim.Adam(own, settings.warm_up_rate) if own else None
    for _ in range(settings.warm_up_learned if own else settings.warm_up_averages):
        inputs_TBX = point.inputs_TX.unsqueeze(1).expand(-1, settings.warm_up_batch, -1)
        with torch.no_grad():
            rollout = network(inputs_TBX)
            cost_TB = point.per_step(rollout.logits_TBY)
        features_TBC = network.features(rollout)
        seen_TBX = network.embed(inputs_TBX).detach()
        loss = estimator.surrogate(rollout.address, cost_TB, features_TBC, seen_TBX)
        if optimiser:
            optimiser.zero_grad()
            loss.backward(inputs=own)
            optimiser.step()


def _rows(network: MemoryNetwork, point: Point, settings: Gradients) -> Iterator[Row]:
    exact, norm = point.exact, point.exact.norm()

    def draw(samples: int) -> Tensor:
        inputs_TX, per_step = point.inputs_TX, point.per_step
        return sampled_gradient(network, inputs_TX, per_step, samples)[point.counted]

    random = _is_random(lambda: draw(4))
    for samples, repeats in settings.repeats:
        drawn, seconds = [], []
        for _ in range(repeats if random else settings.same):
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
