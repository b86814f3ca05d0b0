"""What estimators draw at random over a rollout, all at once and as they would step by step."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from ....estimators.gumbel import gumbel_noise
from ..choice import GUMBEL, REINMAX, SAMPLE
from .arena import Array


class Draws(NamedTuple):
    """Per step, sample and head what `kernels.choice.choose` takes."""

    write_TBPU: Array
    read_TBRU: Array


def draw(kind: int, temperature: float, cell: Any, steps: int, batch: int) -> Draws:
    """The numbers that the reference would draw from torch's generator; zeros for the others."""
    writes, heads = cell.writes, len(cell.heads)
    if kind == GUMBEL:
        drawn_TXU = _perturbations(temperature, cell, steps, batch)
    else:
        random = torch.rand if kind in (SAMPLE, REINMAX) else torch.zeros
        drawn_TXU = random(steps, batch * heads, dtype=torch.float32).unsqueeze(-1)
    groups = drawn_TXU.split([batch * writes, batch * (heads - writes)], 1)
    return Draws(*(_by_head(group_TXU, batch) for group_TXU in groups))


def _perturbations(temperature: float, cell: Any, steps: int, batch: int) -> Tensor:
    groups = [batch * heads for heads in (cell.writes, len(cell.heads) - cell.writes)]
    # group by group: numbers drawn in one go would be others
    noise = [gumbel_noise(rows, cell.slots + 1) for _ in range(steps) for rows in groups]
    noise_TXN = torch.cat(noise).view(steps, sum(groups), -1)
    temperature_TX1 = noise_TXN.new_full((steps, sum(groups), 1), temperature)
    return torch.cat([noise_TXN, temperature_TX1], -1)


def _by_head(drawn_TXU: Tensor, batch: int) -> Array:
    steps, rows, count = drawn_TXU.shape
    return drawn_TXU.reshape(steps, batch, rows // batch, count).contiguous().numpy()
