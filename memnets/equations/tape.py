"""Heads that stand on a tape and move by one: the RL-NTM's memory interface.

The tape wraps round: slot 0 follows the last one.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from ..types import Address
from . import location

MOVES = (-1, 0, 1)
"""What a head can do; choice k of a weighting over moves is MOVES[k]."""


def start(batch_size: int, heads: int, like: Tensor) -> Address:
    """Every head on slot 0."""
    slots_BH1 = torch.zeros(batch_size, heads, 1, dtype=torch.long, device=like.device)
    return Address.of(like.new_ones(batch_size, heads, 1), slots_BH1)


def move(position: Address, moves: Address, slots: int) -> Address:
    """Where heads stand after moving; log-probability and entropy are those of the moves.

    One chosen move takes one slot to one slot. A distribution over moves convolves the position,
    which is then dense. A missing choice (the no-op) and missing mass stay.
    """
    chosen = moves.slots_BHK
    if position.slots_BHK is not None and chosen is not None and chosen.shape[-1] == 1:
        step_BH1 = (chosen - 1).where(moves.weights_BHK > 0, 0)
        after_BH1 = (position.slots_BHK + step_BH1) % slots
        return moves._replace(weights_BHK=position.weights_BHK, slots_BHK=after_BH1)
    moves_BHD = moves.dense(len(MOVES))
    stay_BH1 = (1 - moves_BHD.sum(-1, keepdim=True)).clamp_min(0)
    moves_BHD = torch.cat(
        [moves_BHD[..., :1], moves_BHD[..., 1:2] + stay_BH1, moves_BHD[..., 2:]], -1
    )
    weights_BHN = location.shift(position.dense(slots), moves_BHD)
    return moves._replace(weights_BHK=weights_BHN, slots_BHK=None)


def beside(position: Address, offset: int, slots: int) -> Address:
    """The slots so many further along the tape, with the weights of the heads' own."""
    if position.slots_BHK is None:
        return position._replace(weights_BHK=position.weights_BHK.roll(offset, -1))
    return position._replace(slots_BHK=(position.slots_BHK + offset) % slots)


def around(position: Address, offsets: Iterable[int], slots: int) -> Address:
    """The slots beside every head as heads of their own: those of one head stand together.

    H heads and so many offsets are H * offsets heads, at which nothing was chosen.
    """
    there = [beside(position, offset, slots) for offset in offsets]
    weights_BHK = torch.stack([at.weights_BHK for at in there], 2).flatten(1, 2)
    named = [at.slots_BHK for at in there if at.slots_BHK is not None]
    return Address.of(weights_BHK, torch.stack(named, 2).flatten(1, 2) if named else None)
