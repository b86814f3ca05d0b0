"""Rollouts in kernels against the reference where training has led, and on large batches."""

import pytest
import torch

pytest.importorskip("numba")

from memnets import kernels
from memnets.network import MemoryNetwork

from .unrolled import INPUTS, build, same

SIZES = {"slots": 13, "width": 5}


def train(network: MemoryNetwork, updates: int) -> None:
    """Says what it was told three steps before."""
    optimiser = torch.optim.RMSprop(network.parameters(), lr=3e-3)
    for _ in range(updates):
        told = torch.randint(0, 2, (6, 4, INPUTS)).float()
        told[3:] = 0
        rollout = kernels.unroll(network, told)
        logits = rollout.logits_TBY
        cost = torch.nn.functional.binary_cross_entropy_with_logits(
            logits[3:], told[:3, :, : logits.shape[-1]], reduction="none"
        ).sum(-1)
        cost_TB = torch.cat([torch.zeros(3, 4), cost])
        surrogate = network.estimator.loss(rollout.address, cost_TB, rollout.hidden_TBC)
        optimiser.zero_grad()
        (cost_TB.sum(0).mean() + surrogate).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 10)
        optimiser.step()
        network.estimator.advance()


@pytest.mark.parametrize("estimator", ["soft", "reinforce", "straight_through"])
@pytest.mark.parametrize("cell", ["ntm", "dnc", "dntm"])
def test_still_the_same_after_1000_updates(cell, estimator):
    network = build(cell, estimator, scale=1.0, **SIZES)
    before = network.cell.interface.linear.weight.detach().clone()
    train(network, 1_000)
    assert (network.cell.interface.linear.weight - before).norm() > 1
    same(network, 6, 16, first=True, slack=10)
    same(network, 42, 3, first=True, slack=10)
    same(network, 120, 1, threads=2, first=True, slack=10)


@pytest.mark.parametrize("estimator", ["soft", "reinforce", "straight_through"])
@pytest.mark.parametrize("cell", ["dnc", "dntm"])
def test_large_batches(cell, estimator):
    same(build(cell, estimator, slots=3, width=2), 5, 256, threads=2, first=True)
