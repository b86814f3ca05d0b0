"""Exact expected gradients of discrete memories, by enumerating every sequence of addresses.

Feasible only where the product of all choices, (slots + 1) ** (steps × heads) for most cells, is
small, which is what a test or a study of estimators needs: the reference that the sampled gradients
are held against (as the RL-NTM paper checks REINFORCE).
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable

import torch
from torch import Tensor

from ..assembly import draw_for
from ..estimators import Estimator, Replay
from ..network import MemoryNetwork

MOST_SEQUENCES = 200_000
"""More address sequences than this are refused: the batch that holds them would not fit."""

Cost = Callable[[Tensor], Tensor]
"""Logits (T, B, Y) -> cost of each step (T, B), in nats."""


def with_estimator(network: MemoryNetwork, estimator: Estimator) -> MemoryNetwork:
    """A copy of a network, its parameters equal, with another estimator; on the reference."""
    twin = copy.deepcopy(network)
    twin.backend = "reference"
    draw_for(estimator)
    twin.cell.estimator = estimator.to(twin.readout.weight)
    return twin


def model_parameters(network: MemoryNetwork) -> list[Tensor]:
    """The parameters that every estimator shares: all but the estimator's own."""
    own = {id(p) for p in network.estimator.parameters()}
    return [p for p in network.parameters() if id(p) not in own]


def decisions(network: MemoryNetwork, inputs_TX: Tensor) -> list[int]:
    """The number of choices of every decision in one run over a sequence, in their order."""
    most = inputs_TX.shape[0] * len(network.cell.heads)
    trial = Replay(torch.zeros(1, most, dtype=torch.long))
    with torch.no_grad():
        with_estimator(network, trial)(inputs_TX.unsqueeze(1))
    return trial.choices


def exact_gradient(network: MemoryNetwork, inputs_TX: Tensor, cost: Cost) -> tuple[float, Tensor]:
    """Expected total cost of one sequence under sampled addresses, and its gradient, flattened.

    Every choice of every head at every step, the no-op included, is run as one row of a batch and
    weighed with its probability. Raises ValueError beyond MOST_SEQUENCES rows.
    """
    choices = decisions(network, inputs_TX)
    sequences = math.prod(choices)
    if sequences > MOST_SEQUENCES:
        raise ValueError(
            f"{len(choices)} decisions make {sequences} address sequences; at most "
            f"{MOST_SEQUENCES} can be enumerated: take fewer slots or steps"
        )
    script_BU = torch.tensor(list(itertools.product(*map(range, choices))))
    twin = with_estimator(network, Replay(script_BU))
    rollout = twin(inputs_TX.unsqueeze(1).expand(-1, len(script_BU), -1))
    probability_B = rollout.address.log_prob_BH.sum((0, -1)).exp()
    expected = (probability_B * cost(rollout.logits_TBY).sum(0)).sum()
    return float(expected.detach()), flat_gradient(expected, model_parameters(twin))


def sampled_gradient(network: MemoryNetwork, inputs_TX: Tensor, cost: Cost, samples: int) -> Tensor:
    """The network's own estimate of that gradient from so many sampled rollouts, flattened."""
    inputs_TBX = inputs_TX.unsqueeze(1).expand(-1, samples, -1)
    rollout = network(inputs_TBX)
    cost_TB = cost(rollout.logits_TBY)
    surrogate = network.estimator.surrogate(
        rollout.address, cost_TB, network.features(rollout), network.embed(inputs_TBX).detach()
    )
    return flat_gradient(cost_TB.sum(0).mean() + surrogate, model_parameters(network))


def flat_gradient(loss: Tensor, parameters: list[Tensor]) -> Tensor:
    """The gradient of a scalar with respect to all the parameters, as one vector."""
    gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
    return torch.cat(
        [
            (torch.zeros_like(p) if g is None else g).flatten()
            for p, g in zip(parameters, gradients, strict=True)
        ]
    )
