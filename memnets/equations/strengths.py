"""A stack whose rows have strengths: the neural stack of Grefenstette et al. (2015).

"Learning to Transduce with Unbounded Memory". Rows stand in the order in which they were pushed,
the newest last; a row of strength 0 is one that is not there. H stacks stand side by side.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad, relu


class Pushed(NamedTuple):
    """Rows and their strengths after a push, and where it put its row: all zero where nowhere."""

    rows_BHNW: Tensor
    strength_BHN: Tensor
    place_BHN: Tensor


def above(strength_BHN: Tensor) -> Tensor:
    """The sum of the strengths of all newer rows, (B, H, N)."""
    newer_BHN = strength_BHN.flip(-1).cumsum(-1).flip(-1)
    return pad(newer_BHN[..., 1:], (0, 1))


def popped(strength_BHN: Tensor, pop_BH: Tensor) -> Tensor:
    """The strengths after a pop: it takes so much in all, from the newest row down (eq. 2)."""
    left_BHN = relu(pop_BH.unsqueeze(-1) - above(strength_BHN))
    return relu(strength_BHN - left_BHN)


def pushed(rows_BHNW: Tensor, strength_BHN: Tensor, push_BH: Tensor, row_BHW: Tensor) -> Pushed:
    """Rows and strengths after a push of so much strength (eqs. 1 and 2).

    The paper adds a row at every step. Rows of strength 0 above the newest that has any are never
    read again: the new row stands in the place of the first of them, so that N rows last for longer
    than N steps. Where all N are taken, a push loses the oldest.
    """
    slots = strength_BHN.shape[-1]
    number_N = torch.arange(1, slots + 1, device=strength_BHN.device)
    taken_BH = ((strength_BHN > 0) * number_N).amax(-1)
    is_push_BH = push_BH > 0
    is_full_BH1 = ((taken_BH == slots) & is_push_BH).unsqueeze(-1)
    strength_BHN = torch.where(is_full_BH1, pad(strength_BHN[..., 1:], (0, 1)), strength_BHN)
    moved_BHNW = pad(rows_BHNW[:, :, 1:], (0, 0, 0, 1))
    rows_BHNW = torch.where(is_full_BH1.unsqueeze(-1), moved_BHNW, rows_BHNW)
    at_BH1 = taken_BH.clamp_max(slots - 1).unsqueeze(-1)
    place_BHN = ((number_N - 1 == at_BH1) & is_push_BH.unsqueeze(-1)).to(strength_BHN)
    strength_BHN = strength_BHN * (1 - place_BHN) + place_BHN * push_BH.unsqueeze(-1)
    place_BHN1 = place_BHN.unsqueeze(-1)
    rows_BHNW = rows_BHNW * (1 - place_BHN1) + place_BHN1 * row_BHW.unsqueeze(2)
    return Pushed(rows_BHNW, strength_BHN, place_BHN)


def top(strength_BHN: Tensor) -> Tensor:
    """The weights of the newest rows whose strengths make up one in all, (B, H, N) (eq. 3)."""
    return torch.minimum(strength_BHN, relu(1 - above(strength_BHN)))
