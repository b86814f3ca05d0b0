"""How much of a memory stays from one step to the next, by a gate (Mamba 2: Dao and Gu, 2024)."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import softplus


def log_decay(raw_BH: Tensor, log_rate_H: Tensor) -> Tensor:
    """Log α, α = exp(-e^a softplus(x)): one gate for all that a head holds.

    Gated DeltaNet (Yang et al., 2025) has it, and Raven (2026).
    """
    return -log_rate_H.exp() * softplus(raw_BH)
