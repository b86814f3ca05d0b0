"""Slots of equal content: every backend chooses the same, the first of them."""

import copy

import pytest
import torch

pytest.importorskip("numba")

from .unrolled import INPUTS, build, fused

NETWORKS = 20


@pytest.mark.parametrize("estimator", ["straight_through", "reinforce", "gumbel", "reinmax"])
def test_among_rows_that_were_never_written_rounding_does_not_choose(estimator):
    """A gate of one leaves content alone, and before the first write all rows are alike."""
    for seed in range(NETWORKS):
        torch.manual_seed(seed)
        network = build("ntm", estimator, slots=29, scale=1.0)
        network.train(estimator == "straight_through")
        with torch.no_grad():
            network.cell.interface.bias_of("gate").fill_(20.0)
        inputs_TBX = torch.randn(1, 4, INPUTS)
        exact, single = copy.deepcopy(network).double(), copy.deepcopy(network)
        found = fused(network)(inputs_TBX).address.dense(29)
        assert found[0, :, 0, 0].eq(1).all()
        assert torch.equal(found, single(inputs_TBX).address.dense(29)), seed
        assert torch.equal(found.double(), exact(inputs_TBX.double()).address.dense(29)), seed
