"""Gated slots over a stretch of steps: how much of each earlier step is left in each slot."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ....cells.slots import SlotsState
from ....types import Address, join_heads, join_steps
from ..estimator import StretchEstimator
from .base import ChunkedCell, chunked_cells, of_stretch, over_heads

MOST_FADED = 30.0
"""Over a stretch no slot fades by more than e^-30, or the stretch is cut: what a step wrote is
scaled up by as much, and rounding grows with the exponent."""


@chunked_cells.register("slots")
class ChunkedSlots(ChunkedCell):
    """A slot after a stretch is what it was, faded, and a sum over the steps written since.

    Of what step s wrote with share 1 - α_s into slot n, exp(L_t - L_s) is left at step t, where L
    is the running sum of log α. That is a factor of t times one of s, so that sums over steps are
    matrix products, as in gated linear attention (Yang et al., 2024).
    """

    steps = 64

    @staticmethod
    def weightings(cell: Any) -> tuple[int, ...]:
        return (cell.reads,) * (cell.routed + (not cell.soft_reads))

    @staticmethod
    def over_stretch(
        cell: Any, h_CBZ: Tensor, state: SlotsState, estimator: StretchEstimator
    ) -> tuple[Tensor, SlotsState, Address]:
        steps = len(h_CBZ)
        query, key, value, log_decay, write = cell.written(h_CBZ.flatten(0, 1), estimator)
        if write is not None:
            log_decay = write.dense(cell.slots) * log_decay
        query_BRCW, key_BRCW, value_BRCW, log_decay_BRCN = (
            over_heads(part, steps) for part in (query, key, value, log_decay)
        )
        since_BRCN = log_decay_BRCN.cumsum(2)
        first_BRCN = since_BRCN - since_BRCN[:, :, :1]
        if steps > 1 and first_BRCN.detach().amin() < -MOST_FADED:
            return _in_halves(cell, h_CBZ, state, estimator)
        kept_BRCN, fading_BRCN = since_BRCN.exp(), first_BRCN.exp()
        written_BRCN = -torch.expm1(log_decay_BRCN) * (-first_BRCN).exp()

        products_BRCC = (query_BRCW @ key_BRCW.mT).tril()
        scores_BRCN = kept_BRCN * (query_BRCW @ state.keys_BRNW.mT)
        scores_BRCN = scores_BRCN + fading_BRCN * (products_BRCC @ written_BRCN)
        weighting_BRCN = scores_BRCN.softmax(-1)
        read = cell.look(weighting_BRCN.permute(2, 0, 1, 3).flatten(0, 1), estimator)

        weights_BRCN = over_heads(read.dense(cell.slots), steps)
        seen_BRCC = ((weights_BRCN * fading_BRCN) @ written_BRCN.mT).tril()
        read_BRCW = (weights_BRCN * kept_BRCN) @ state.values_BRNW + seen_BRCC @ value_BRCW

        kept_BRN1 = kept_BRCN[:, :, -1].unsqueeze(-1)
        left_BRNC = (fading_BRCN[:, :, -1:] * written_BRCN).mT
        after = SlotsState(
            kept_BRN1 * state.keys_BRNW + left_BRNC @ key_BRCW,
            kept_BRN1 * state.values_BRNW + left_BRNC @ value_BRCW,
        )
        address = read if write is None else join_heads(write, read)
        return read_BRCW.permute(2, 0, 1, 3).flatten(2), after, of_stretch(address, steps)


def _in_halves(
    cell: Any, h_CBZ: Tensor, state: SlotsState, estimator: StretchEstimator
) -> tuple[Tensor, SlotsState, Address]:
    """A stretch over which slots fade too far for one: its first half, then the second."""
    reads, addresses = [], []
    for half_CBZ, own in zip(h_CBZ.tensor_split(2), estimator.halves(), strict=True):
        read_CBO, state, address = ChunkedSlots.over_stretch(cell, half_CBZ, state, own)
        reads.append(read_CBO)
        addresses.append(address)
    return torch.cat(reads), state, join_steps(*addresses)
