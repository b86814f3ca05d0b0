"""Gated slots over a stretch of steps: how much of each earlier step is left in each slot."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ....cells.slots import SlotsState
from ....types import Address, join_heads
from .base import ChunkedCell, chunked_cells, of_stretch


@chunked_cells.register("slots")
class ChunkedSlots(ChunkedCell):
    """A slot after a stretch is what it was, faded, and a sum over the steps written since.

    `left` of (B, R, C, C, N) says how much of what step s wrote is left at step t, in every slot:
    exp(L_t - L_s) (1 - α_s), where L is the running sum of log α. No exponent is above zero.
    """

    steps = 16

    @staticmethod
    def over_stretch(
        cell: Any, h_CBZ: Tensor, state: SlotsState
    ) -> tuple[Tensor, SlotsState, Address]:
        steps = len(h_CBZ)
        query, key, value, log_decay, write = cell.written(h_CBZ.flatten(0, 1))
        if write is not None:
            log_decay = write.dense(cell.slots) * log_decay
        query_BRCW, key_BRCW, value_BRCW, log_decay_BRCN = (
            x.unflatten(0, (steps, -1)).permute(1, 2, 0, 3) for x in (query, key, value, log_decay)
        )
        since_BRCN = log_decay_BRCN.cumsum(2)
        kept_BRCN = since_BRCN.exp()
        between_BRCCN = since_BRCN.unsqueeze(3) - since_BRCN.unsqueeze(2)
        later_CC1 = torch.ones(steps, steps, dtype=torch.bool, device=h_CBZ.device).triu(1)
        between_BRCCN = between_BRCCN.masked_fill(later_CC1.unsqueeze(-1), -torch.inf)
        share_BRCN = -torch.expm1(log_decay_BRCN)
        left_BRCCN = between_BRCCN.exp() * share_BRCN.unsqueeze(2)

        products_BRCC = query_BRCW @ key_BRCW.transpose(-1, -2)
        scores_BRCN = kept_BRCN * (query_BRCW @ state.keys_BRNW.transpose(-1, -2))
        scores_BRCN = scores_BRCN + torch.einsum("brts,brtsn->brtn", products_BRCC, left_BRCCN)
        read = cell.look(scores_BRCN.softmax(-1).permute(2, 0, 1, 3).flatten(0, 1))

        weights_CBRN = read.dense(cell.slots).unflatten(0, (steps, -1))
        weights_BRCN = weights_CBRN.permute(1, 2, 0, 3)
        seen_BRCC = torch.einsum("brtn,brtsn->brts", weights_BRCN, left_BRCCN)
        read_BRCW = (weights_BRCN * kept_BRCN) @ state.values_BRNW + seen_BRCC @ value_BRCW

        kept_BRN1, left_BRNC = kept_BRCN[:, :, -1].unsqueeze(-1), left_BRCCN[:, :, -1].mT
        after = SlotsState(
            kept_BRN1 * state.keys_BRNW + left_BRNC @ key_BRCW,
            kept_BRN1 * state.values_BRNW + left_BRNC @ value_BRCW,
        )
        address = read if write is None else join_heads(write, read)
        return read_BRCW.permute(2, 0, 1, 3).flatten(2), after, of_stretch(address, steps)
