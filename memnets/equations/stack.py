"""A stack that is a mixture of what push, pop and doing nothing would make of it.

The superposition stack of Joulin and Mikolov (2015, "Inferring Algorithmic Patterns with
Stack-Augmented Recurrent Nets"). Slot 0 of its contents is the top. H stacks stand side by side.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

ACTIONS = ("push", "pop")
"""Choice k of a weighting over actions is ACTIONS[k]; what it lacks to one is the no-op."""


def act(stack_BHNW: Tensor, actions_BHM: Tensor, pushed_BHW: Tensor, empty: float) -> Tensor:
    """Every stack after its actions, (B, H, N, W) (Joulin and Mikolov, eqs. 4 and 5).

    A push moves all rows down by one and loses the last, a pop moves them up by one and shows
    `empty` below them, and the missing mass of the actions leaves them where they are (the paper's
    no-op). With one whole action these are the operations of a list of at most N rows.
    """
    push_BH11, pop_BH11 = actions_BHM.unsqueeze(-1).unsqueeze(-1).unbind(2)
    rest_BH11 = (1 - push_BH11 - pop_BH11).clamp_min(0)
    after_push_BHNW = torch.cat([pushed_BHW.unsqueeze(2), stack_BHNW[:, :, :-1]], 2)
    below_BH1W = torch.full_like(stack_BHNW[:, :, :1], empty)
    after_pop_BHNW = torch.cat([stack_BHNW[:, :, 1:], below_BH1W], 2)
    return push_BH11 * after_push_BHNW + pop_BH11 * after_pop_BHNW + rest_BH11 * stack_BHNW


def raised(height_BHZ: Tensor) -> Tensor:
    """The heights after a push: each one more, but for the greatest (Z = N + 1 heights, 0 to N)."""
    moved_BHZ = pad(height_BHZ[..., :-1], (1, 0))
    return moved_BHZ + pad(height_BHZ[..., -1:], (height_BHZ.shape[-1] - 1, 0))


def lowered(height_BHZ: Tensor) -> Tensor:
    """The heights after a pop: each one less, but for that of the empty stack."""
    moved_BHZ = pad(height_BHZ[..., 1:], (0, 1))
    return moved_BHZ + pad(height_BHZ[..., :1], (0, height_BHZ.shape[-1] - 1))


def heights(height_BHZ: Tensor, actions_BHM: Tensor) -> Tensor:
    """The distribution over heights after such actions, (B, H, Z): of how many rows there are."""
    push_BH1, pop_BH1 = actions_BHM.split(1, -1)
    rest_BH1 = (1 - push_BH1 - pop_BH1).clamp_min(0)
    up_BHZ, down_BHZ = raised(height_BHZ), lowered(height_BHZ)
    return push_BH1 * up_BHZ + pop_BH1 * down_BHZ + rest_BH1 * height_BHZ
