"""Where the decays of gated cells start (Mamba 2: Dao and Gu, 2024)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

DECAY_RATES, DECAY_STEPS = (1.0, 16.0), (1e-3, 0.1)
"""Between which decays start: e^a, and the softplus of a bias."""


def log_rates(heads: int, between: tuple[float, float] = DECAY_RATES) -> nn.Parameter:
    """The a of exp(-e^a softplus(x)) of every head, e^a uniform between two numbers."""
    return nn.Parameter(torch.empty(heads).uniform_(*between).log())


def start_steps(bias_H: Tensor) -> None:
    """Sets the bias of x so that its softplus is log-uniform in `DECAY_STEPS`."""
    with torch.no_grad():
        low, high = (math.log(step) for step in DECAY_STEPS)
        steps_H = torch.empty(len(bias_H)).uniform_(low, high).exp()
        # the inverse of a softplus
        bias_H.copy_(steps_H.expm1().log())
