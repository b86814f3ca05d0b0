"""What an address answers about itself."""

import pytest
import torch

from memnets.types import Address

SLOTS = torch.tensor([[[0, 2], [1, 1], [3, 0]]])


def address(slots_BHK, steps=None):
    """One batch row of three heads that made a choice; with `steps`, stacked over time."""
    shape = (1, 3) if steps is None else (steps, 1, 3)
    slots = None if slots_BHK is None else slots_BHK.expand(*shape, 2)
    return Address(torch.rand(*shape, 2) / 2, slots, -torch.rand(shape), torch.rand(shape))


@pytest.mark.parametrize("steps", [None, 4])
@pytest.mark.parametrize("slots", [None, SLOTS])
def test_the_address_of_some_heads_has_their_part_of_every_field(slots, steps):
    whole = address(slots, steps)
    part = whole.heads(slice(1, None))
    assert torch.equal(part.dense(4), whole.dense(4)[..., 1:, :])
    assert torch.equal(part.log_prob_BH, whole.log_prob_BH[..., 1:])
    assert torch.equal(part.entropy_BH, whole.entropy_BH[..., 1:])


def test_an_unchosen_address_points_to_the_same_slots_without_a_choice():
    chosen = address(SLOTS)
    left = chosen.unchosen()
    assert left.weights_BHK is chosen.weights_BHK
    assert left.slots_BHK is chosen.slots_BHK
    assert left.log_prob_BH.tolist() == left.entropy_BH.tolist() == [[0.0] * 3]


def test_an_address_of_weights_alone_has_no_choice_and_the_entropy_that_is_given():
    weights = torch.rand(2, 3, 5).double()
    plain, known = Address.of(weights), Address.of(weights, entropy_BH=torch.ones(2, 3))
    assert plain.slots_BHK is None
    assert plain.log_prob_BH.dtype == torch.float64
    assert plain.log_prob_BH.tolist() == plain.entropy_BH.tolist() == [[0.0] * 3] * 2
    assert known.entropy_BH.tolist() == [[1.0] * 3] * 2
