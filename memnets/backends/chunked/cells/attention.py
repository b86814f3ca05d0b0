"""Attention over a stretch of steps: one product of all queries with the ring and the new keys."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ....cells.attention import AttentionState
from ....equations import attention
from ....types import Address, join_heads
from ..estimator import StretchEstimator
from .base import ChunkedCell, chunked_cells, of_stretch


@chunked_cells.register("attention")
class ChunkedAttention(ChunkedCell):
    """Columns of the products are the slots as the stretch found them, then its own steps."""

    steps = 64

    @staticmethod
    def weightings(cell: Any) -> tuple[int, ...]:
        return (cell.reads,)

    @staticmethod
    def over_stretch(
        cell: Any, h_CBZ: Tensor, state: AttentionState, estimator: StretchEstimator
    ) -> tuple[Tensor, AttentionState, Address]:
        steps, slots = len(h_CBZ), cell.slots
        time_CB = state.time_B + torch.arange(steps, device=h_CBZ.device).unsqueeze(-1)
        parts = cell.interface(h_CBZ.flatten(0, 1))
        if cell.positions == "rotary":
            turned = {x: attention.rotate(parts[x], time_CB.flatten()) for x in ("query", "key")}
            parts |= turned
        query_BRCW, key_BRCW, value_BRCW = (
            parts[name].unflatten(0, (steps, -1)).permute(1, 2, 0, 3)
            for name in ("query", "key", "value")
        )
        keys_BRZW = torch.cat([state.keys_BRNW, key_BRCW], 2)
        values_BRZW = torch.cat([state.values_BRNW, value_BRCW], 2)

        # the step that each slot was written in, at each step, and the column that it is now in
        age_CBN = attention.ages(time_CB.flatten(), slots).unflatten(0, (steps, -1))
        since_CBN = time_CB.unsqueeze(-1) - age_CBN - state.time_B.unsqueeze(-1)
        slot_N = torch.arange(slots, device=h_CBZ.device)
        column_CBN = torch.where(since_CBN >= 0, slots + since_CBN, slot_N)
        column_BRCN = column_CBN.transpose(0, 1).unsqueeze(1).expand(-1, cell.reads, -1, -1)

        scores_BRCZ = query_BRCW @ keys_BRZW.transpose(-1, -2) / cell.width**0.5
        scores_CBRN = scores_BRCZ.gather(-1, column_BRCN).permute(2, 0, 1, 3)
        read = estimator(_weighting(cell, scores_CBRN, age_CBN, time_CB))
        weights_CBRK, slots_CBRK, *_ = of_stretch(read, steps)
        column_CBRK = column_BRCN.permute(2, 0, 1, 3)
        if slots_CBRK is not None:
            column_CBRK = column_CBRK.gather(-1, slots_CBRK)
        none_BRCZ = torch.zeros_like(scores_BRCZ)
        spread_BRCZ = none_BRCZ.scatter_add(
            -1, column_CBRK.permute(1, 2, 0, 3), weights_CBRK.permute(1, 2, 0, 3)
        )
        read_CBO = (spread_BRCZ @ values_BRZW).permute(2, 0, 1, 3).flatten(2)

        last_BRNW = column_BRCN[:, :, -1].unsqueeze(-1).expand(-1, -1, -1, cell.width)
        after = AttentionState(
            keys_BRZW.gather(2, last_BRNW), values_BRZW.gather(2, last_BRNW), state.time_B + steps
        )
        slot_Z11 = time_CB.remainder(slots).view(-1, 1, 1)
        write = Address.of(torch.ones_like(slot_Z11, dtype=h_CBZ.dtype), slot_Z11)
        return read_CBO, after, of_stretch(join_heads(write, read), steps)


def _weighting(cell: Any, scores_CBRN: Tensor, age_CBN: Tensor, time_CB: Tensor) -> Tensor:
    """The weightings of all steps, (C · B, R, N)."""
    scores_ZRN, age_ZN = scores_CBRN.flatten(0, 1), age_CBN.flatten(0, 1)
    if cell.positions == "alibi":
        scores_ZRN = attention.alibi(scores_ZRN, age_ZN)
    written_ZN = age_ZN <= time_CB.flatten().unsqueeze(-1)
    return attention.weighting(scores_ZRN, written_ZN, no_op=cell.no_op)
