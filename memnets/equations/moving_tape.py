"""A tape that moves under its head: the tape RNN of Delétang et al. (2023).

"Neural Networks and the Chomsky Hierarchy". The head stands on slot 0, and the tape is a mixture of
what the moves would make of it; it wraps round. H tapes lie side by side.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

MOVES = ("left", "right", "jump left", "jump right")
"""Choice k of a weighting over moves is MOVES[k], of the head; what it lacks to one stays."""


class Length(NamedTuple):
    """How many steps of input each sequence had so far, and whether they are over."""

    steps_B: Tensor
    is_over_B: Tensor


def count(length: Length, is_marked_B: Tensor) -> Length:
    """The length one step later: steps count until the first that is marked, which does not."""
    is_over_B = length.is_over_B | is_marked_B
    return Length(length.steps_B + (~is_over_B).long(), is_over_B)


def write(tape_BHNW: Tensor, written_BHW: Tensor) -> Tensor:
    """The tapes with the slot under the head overwritten, (B, H, N, W)."""
    return torch.cat([written_BHW.unsqueeze(2), tape_BHNW[:, :, 1:]], 2)


def distances(length_B: Tensor) -> Tensor:
    """How far each of MOVES takes the head, (B, 4): by one, and by so many slots."""
    one_B = torch.ones_like(length_B)
    return torch.stack([-one_B, one_B, -length_B, length_B], -1)


def move(tape_BHNW: Tensor, weights_BHK: Tensor, distances_BHK: Tensor) -> Tensor:
    """The mixture of the tapes that lie there after moves of the head, (B, H, N, W).

    K moves, with a weight and a distance each; missing mass stays. `-distances` in place of
    `distances` moves what is fixed to the tape the other way, such as where the head stands on it.
    """
    B, H, N, W = tape_BHNW.shape
    slot_N = torch.arange(N, device=tape_BHNW.device)
    first_BH = (torch.arange(B * H, device=tape_BHNW.device) * N).view(B, H)
    slots_BHKN = (slot_N + distances_BHK.unsqueeze(-1)) % N
    rows_BHKN = first_BH.unsqueeze(-1).unsqueeze(-1) + slots_BHKN
    there = tape_BHNW.reshape(B * H * N, W).index_select(0, rows_BHKN.flatten())
    # all rows of a moved tape side by side: the mixture is one product
    moved_BHZ = weights_BHK.unsqueeze(2) @ there.view(B, H, distances_BHK.shape[-1], N * W)
    rest_BH1 = (1 - weights_BHK.sum(-1, keepdim=True)).clamp_min(0)
    return rest_BH1.unsqueeze(-1) * tape_BHNW + moved_BHZ.view(B, H, N, W)
