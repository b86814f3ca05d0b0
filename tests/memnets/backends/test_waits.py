"""What a GPU is waited for: nothing within a training step, on the reference."""

import pytest
import torch

from memnets.backends.graphs import run_step
from memnets.registry import cells, estimators

from ..building import small

# these take what a tensor holds, or as many numbers as it says
WAITS = ("aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select", "aten::_unique")


def waited_for(run):
    """The operations that wait for the device, in derivatives too.

    By the profiler: under a dispatch mode torch takes derivatives that ask nothing.
    """
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        run()
    return [event.key for event in profile.key_averages() if event.key.startswith(WAITS)]


def waits(network):
    inputs_TBX = torch.randn(3, 2, 4)

    def loss(rollout, *_):
        cost_TB = rollout.logits_TBY.square().mean(-1)
        extra = network.estimator.loss(rollout.address, cost_TB, rollout.hidden_TBC)
        return cost_TB.sum(0).mean() + extra

    spread = network.estimator.spread(inputs_TBX)
    return waited_for(lambda: run_step(network, loss, [spread]))


@pytest.mark.parametrize("cell", list(cells))
def test_no_cell_waits_for_the_device(cell):
    heads = {"write_heads": 2, "read_heads": 2} if cell in ("ntm", "dnc") else {}
    assert not waits(small(cell, backend="reference", cell_options=heads))


@pytest.mark.parametrize("estimator", list(estimators))
def test_no_estimator_waits_for_the_device_unless_it_says_so(estimator):
    found = waits(small("ntm", estimator, backend="reference"))
    assert bool(found) is (estimator in ("annealed",)), found


def test_a_wait_in_a_derivative_is_seen():
    x = torch.rand(3, requires_grad=True)
    assert waited_for(lambda: x.cumprod(0).sum().backward())
    assert waited_for(lambda: x.view(1, 3).prod(0).sum().backward())
