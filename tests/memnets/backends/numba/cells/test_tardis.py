"""What TARDIS's rollouts in kernels have of their own: its options, filling, and refusals."""

import pytest
import torch
from torch import nn

pytest.importorskip("numba")

from memnets.backends.numba.backend import Numba
from memnets.spec import ModelSpec

from ..unrolled import INPUTS, OUTPUTS, WAYS, build, same

kernels = Numba()

OPTIONS = [
    {"penalty": 0.0},
    {"key_width": 1, "score_width": 1},
    {"slots": 1, "width": 1},
    {"slots": 2, "score_width": 33},
    {"slots": 128, "width": 20},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("estimator", WAYS)
def test_every_option(options, estimator):
    same(build("tardis", estimator, **options), 9, 2)


@pytest.mark.parametrize("estimator", [*WAYS, "gumbel", "reinmax"])
def test_at_the_papers_size_from_the_start(estimator):
    network = ModelSpec("tardis", estimator).build(INPUTS, OUTPUTS)
    same(network, 42, 16, first=True)


@pytest.mark.parametrize("estimator", ["straight_through", "reinforce", "gumbel"])
def test_what_was_just_read_is_avoided_while_memory_fills_and_after(estimator):
    same(build("tardis", estimator, penalty=100.0, slots=4), 25, 3, first=True)


@pytest.mark.parametrize("slots", [3, 7, 8, 11])
@pytest.mark.parametrize("estimator", WAYS)
def test_memory_becomes_full_within_and_between_the_blocks_of_a_replay(slots, estimator):
    # few soft slots and large parameters would blow up any rounding
    same(build("tardis", estimator, slots=slots, scale=1.0), 20, 9, first=True)


def test_samples_that_are_filled_to_different_slots():
    network = build("tardis", slots=9)
    inputs_TBX, state = torch.randn(16, 5, INPUTS), network.initial_state(5)
    filled_B = torch.tensor([0.0, 9.0, 3.0, 8.0, 5.0])
    state = state._replace(cell=state.cell._replace(filled_B=filled_B))
    found, wanted = kernels(network, inputs_TBX, state), network(inputs_TBX, state)
    written = wanted.address.weights_BHK[:, :, 0]
    assert written[0, [0, 2, 3, 4], [0, 3, 8, 5]].eq(1).all() and written[0, 1].lt(1).all()
    torch.testing.assert_close(found.address.weights_BHK, wanted.address.weights_BHK)
    assert torch.equal(found.state.cell.filled_B, wanted.state.cell.filled_B)


def test_what_is_not_covered_is_named():
    assert kernels.refuses(build("tardis", persistent=True)) == "no kernel for persistent"
    network = build("tardis")
    network.cell.row = nn.Identity()
    assert kernels.refuses(network) == "its cell.row is a Identity"
