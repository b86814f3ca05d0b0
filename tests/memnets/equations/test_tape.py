"""Moves of a position along a tape that is a ring."""

import numpy as np
import torch

from memnets.equations import tape
from memnets.estimators import chosen
from memnets.types import Address

from ..cells.naive_rlntm import B, H, N, moved


def test_moves_convolve_a_position_and_what_is_missing_stays():
    position = torch.rand(B, H, N, dtype=torch.float64).softmax(-1)
    moves = 0.8 * torch.rand(B, H, 3, dtype=torch.float64).softmax(-1)
    nothing = torch.zeros(B, H)
    after = tape.move(
        Address(position, None, nothing, nothing), Address(moves, None, *[nothing] * 2), N
    )
    for b in range(B):
        for h in range(H):
            whole = moves[b, h].numpy() + np.array([0, 1 - moves[b, h].sum().item(), 0])
            expected = moved(position[b, h].numpy(), whole)
            np.testing.assert_allclose(after.weights_BHK[b, h], expected, rtol=0, atol=1e-10)


def test_the_gradient_of_a_move_is_that_of_central_differences():
    nothing = torch.zeros(B, H)

    def after(position, moves):
        given = Address(moves, None, nothing, nothing)
        return tape.move(Address(position, None, nothing, nothing), given, N).weights_BHK

    position = torch.rand(B, H, N, dtype=torch.float64, requires_grad=True)
    moves = (torch.rand(B, H, 3, dtype=torch.float64) / 4).requires_grad_()
    assert torch.autograd.gradcheck(after, (position, moves))


def test_a_chosen_move_goes_round_the_tape_like_its_one_hot_form():
    position, dense = tape.start(1, 1, torch.zeros(())), None
    stood = []
    for choice in (0, 0, 1, 2, 2, 2, 3):
        moves = chosen(torch.full((1, 1, 3), 1 / 3), torch.tensor([[choice]]))
        flat = moves._replace(weights_BHK=moves.dense(3), slots_BHK=None)
        dense = tape.move(dense or position, flat, N)
        position = tape.move(position, moves, N)
        assert torch.equal(dense.weights_BHK, position.dense(N))
        stood.append(int(position.slots_BHK))
    # the last choice is the no-op
    assert stood == [4, 3, 3, 4, 0, 1, 1]
