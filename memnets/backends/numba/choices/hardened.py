"""Every slot, or the most probable one for a growing share of the choices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ..compiler.jit import kernel
from ..memory import DENSE
from .base import Choice, chooses_for, uniforms
from .mode import MODE
from .soft import SOFT, soft, soft_vjp
from .straight_through import straight_through

# `draws_U` is a uniform and the share of choices that are made with one slot


@kernel
def hardened(weighting_N: Any, missing: Any, draws_U: Any, weights_N: Any) -> int:
    """The most probable slot where the uniform is below the share, else every slot."""
    if draws_U[0] < draws_U[1]:
        straight_through(weighting_N, missing, draws_U, weights_N)
    else:
        soft(weighting_N, missing, draws_U, weights_N)
    return DENSE


def _draws(estimator: Any, groups: Sequence[int], slots: int, steps: int) -> Tensor:
    uniform_TH1 = uniforms(estimator, groups, slots, steps)
    share_TH1 = torch.full_like(uniform_TH1, float(estimator.share.value))
    return torch.cat([uniform_TH1, share_TH1], -1)


HARDENED = Choice(hardened, soft_vjp, one_slot=False, draw=_draws)
HARD = Choice(straight_through, soft_vjp, has_dense_gradient=True, draw=uniforms)
"""Every choice is made with one slot: the uniforms, which the reference draws, are not used."""


@chooses_for("hardened")
def _choice(estimator: Any) -> Choice:
    if not estimator.training:
        return MODE
    if estimator.share is None:
        return SOFT
    return HARD if estimator.share.value >= 1 else HARDENED
