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
    slots = tape_BHNW.shape[2]
    slot_N = torch.arange(slots, device=tape_BHNW.device)
    rest_BH11 = (1 - weights_BHK.sum(-1)).clamp_min(0).unsqueeze(-1).unsqueeze(-1)
    mixed_BHNW = rest_BH11 * tape_BHNW
    weights_BHK11 = weights_BHK.unsqueeze(-1).unsqueeze(-1)
    for weight_BH11, distance_BH in zip(
        weights_BHK11.unbind(2), distances_BHK.unbind(2), strict=True
    ):
        index_BHN1 = ((slot_N + distance_BH.unsqueeze(-1)) % slots).unsqueeze(-1)
        there_BHNW = tape_BHNW.gather(2, index_BHN1.expand_as(tape_BHNW))
        mixed_BHNW = mixed_BHNW + weight_BH11 * there_BHNW
    return mixed_BHNW
