"""Whether a memory is of use: copying with a controller that remembers nothing by itself."""

from functools import cache

import numpy as np
import pytest
import torch

from envs.tasks.algorithmic.copy import Copy
from memnets.registry import cells
from memnets.spec import ModelSpec
from studies.procedures.cost import NATS_PER_BIT, cost, tensors

TASK = Copy(width=4, max_length=6)
SIZES = {"slots": 12, "width": 10}
UPDATES = 800

# how a cell is trained where that is not `soft`; copying needs heads that go their own ways
SPECS = {
    "sam": {"estimator": "top_k"},
    "sdnc": {"estimator": "top_k"},
    "tardis": {"estimator": "gumbel"},
    "rlntm": {
        "estimator": "leave_one_out",
        "estimator_options": {"rollouts": 8},
        "cell_options": SIZES | {"tied": False},
    },
}


def trained(spec, updates):
    """Bits per sequence over lengths 1 to 6 after so many updates."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    network = spec.build(TASK.input_size, TASK.answer.output_size)
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    for _ in range(updates):
        inputs_TBX, targets_TBY, mask_TB = tensors(TASK.sample(rng, 32), "cpu")
        rollout = network(network.estimator.spread(inputs_TBX))
        copies = rollout.logits_TBY.shape[1] // inputs_TBX.shape[1]
        targets_TBY = targets_TBY.repeat_interleave(copies, 1)
        mask_TB = mask_TB.repeat_interleave(copies, 1)
        cost_TB = cost(TASK.answer, rollout.logits_TBY, targets_TBY, mask_TB)
        surrogate = network.estimator.loss(rollout.address, cost_TB, rollout.hidden_TBC)
        optimiser.zero_grad()
        (cost_TB.sum(0).mean() + surrogate).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 10.0)
        optimiser.step()
        network.estimator.advance()
    return bits_on_tests(network.eval())


@torch.no_grad()
def bits_on_tests(network):
    rng, bits = np.random.default_rng(99), []
    for length in range(1, 7):
        inputs_TBX, targets_TBY, mask_TB = tensors(TASK.sample(rng, 64, length), "cpu")
        cost_TB = cost(TASK.answer, network(inputs_TBX).logits_TBY, targets_TBY, mask_TB)
        bits.append(cost_TB.sum(0).mean().item() / NATS_PER_BIT)
    return float(np.mean(bits))


@cache
def memoryless():
    return trained(ModelSpec("none", controller="feedforward", controller_size=32), UPDATES)


@pytest.mark.slow
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("name", [name for name in cells if cells.get(name).contents])
def test_a_cell_copies_better_than_the_controller_without_it(name):
    how = {"controller": "feedforward", "controller_size": 32, "cell_options": SIZES}
    spec = ModelSpec(name, **how | SPECS.get(name, {}))
    bits, chance = trained(spec, UPDATES), memoryless()
    print(f"{spec.label}: {bits:.2f} bits per sequence, without memory {chance:.2f}")
    assert bits < 0.9 * chance
