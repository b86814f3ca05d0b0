"""Attention over a ring of keys and values, one pair per step (Vaswani et al., 2017).

Pure functions. Every read head has columns of its own, keys and values of (B, R, N, W); a step
fills one slot of all of them. A ring of N slots holds the last N steps.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..types import Address

ROTARY_BASE = 10_000.0
"""The base of the frequencies θ_i = base^(-2i/W) (RoFormer, section 3.3.2)."""


def scores(query_BRW: Tensor, keys_BRNW: Tensor) -> Tensor:
    """Scaled dot products q · k / √W of every head with its own keys, (B, R, N) (eq. 1)."""
    width = query_BRW.shape[-1]
    return (keys_BRNW @ query_BRW.unsqueeze(-1)).squeeze(-1) / width**0.5


def weighting(scores_BRN: Tensor, written_BN: Tensor, *, no_op: bool = False) -> Tensor:
    """Softmax over the slots that are written, of which there is at least one (eq. 1).

    With `no_op` it also goes over a key of zeros whose value is zero: what falls there is missing,
    and reads nothing (`add_zero_attn` of torch.nn.MultiheadAttention).
    """
    scores_BRN = scores_BRN.masked_fill(~written_BN.unsqueeze(1), -torch.inf)
    if not no_op:
        return scores_BRN.softmax(-1)
    zero_BR1 = torch.zeros_like(scores_BRN[..., :1])
    return torch.cat([scores_BRN, zero_BR1], -1).softmax(-1)[..., :-1]


def ages(time_B: Tensor, slots: int) -> Tensor:
    """How many steps ago each slot of a ring was written, (B, N), in the step of that time.

    That step, the first of which is 0, has written already. A slot that no step has written would
    be older than the time is.
    """
    return (time_B.unsqueeze(-1) - torch.arange(slots, device=time_B.device)).remainder(slots)


def append(rows_BRNW: Tensor, slot_B: Tensor, row_BRW: Tensor) -> Tensor:
    """The rows with one slot of all heads overwritten."""
    slot_BR1W = slot_B.view(-1, 1, 1, 1).expand_as(row_BRW.unsqueeze(2))
    return rows_BRNW.scatter(2, slot_BR1W, row_BRW.unsqueeze(2))


def read(values_BRNW: Tensor, address: Address) -> Tensor:
    """The weighted sum of its own values per head, (B, R, W) (eq. 1).

    A sparse address gathers the K rows of each head that it names.
    """
    if address.slots_BHK is not None:
        slots_BRKW = address.slots_BHK.unsqueeze(-1).expand(-1, -1, -1, values_BRNW.shape[-1])
        values_BRNW = values_BRNW.gather(2, slots_BRKW)
    return (address.weights_BHK.unsqueeze(-2) @ values_BRNW).squeeze(-2)


def alibi(scores_BRN: Tensor, age_BN: Tensor) -> Tensor:
    """Scores less a slope per head times the age of the slot (ALiBi: Press et al., 2022).

    Head h of R, counted from 1, has the slope 2^(-8h/R) (section 3).
    """
    heads = scores_BRN.shape[1]
    head_R = torch.arange(1, heads + 1, device=scores_BRN.device, dtype=scores_BRN.dtype)
    slopes_R1 = (2.0 ** (-8 * head_R / heads)).unsqueeze(-1)
    return scores_BRN - slopes_R1 * age_BN.unsqueeze(1)


def rotate(x_BRW: Tensor, time_B: Tensor) -> Tensor:
    """Queries or keys turned by their time, of even width (RoFormer eqs. 15 and 34).

    Numbers 2i and 2i + 1 are turned by the angle time · θ_i, so that the product of a query and a
    key depends on the time between them.
    """
    width = x_BRW.shape[-1]
    # angles grow with time: in float32 they would lose what the difference of two of them needs
    place_W = torch.arange(0, width, 2, device=x_BRW.device, dtype=torch.float64)
    angle_BW = time_B.unsqueeze(-1) * ROTARY_BASE ** (-place_W / width)
    cos_B1W, sin_B1W = (f(angle_BW).to(x_BRW).unsqueeze(1) for f in (torch.cos, torch.sin))
    even_BRW, odd_BRW = x_BRW[..., 0::2], x_BRW[..., 1::2]
    turned = (even_BRW * cos_B1W - odd_BRW * sin_B1W, odd_BRW * cos_B1W + even_BRW * sin_B1W)
    return torch.stack(turned, -1).flatten(-2)
