"""Learned scores of slots, before they become a weighting (TARDIS).

Pure functions on plain tensors.
"""

from __future__ import annotations

from torch import Tensor

VARIANCE_FLOOR = 1e-5
"""Added to the variance of the usage counts: defined before anything was read."""


def additive(query_BF: Tensor, rows_BNF: Tensor, vector_F: Tensor) -> Tensor:
    """Score v · tanh(query + row) of every slot, (B, N), both projected already (TARDIS: e).

    One linear map of [query ; row], its bias included, is the sum of a map of each.
    """
    return (query_BF.unsqueeze(1) + rows_BNF).tanh() @ vector_F


def standardised(usage_BN: Tensor) -> Tensor:
    """Usage counts less their mean, over their standard deviation (TARDIS: norm of u)."""
    centred_BN = usage_BN - usage_BN.mean(-1, keepdim=True)
    variance_B1 = centred_BN.square().mean(-1, keepdim=True)
    return centred_BN / (variance_B1 + VARIANCE_FLOOR).sqrt()


def avoid(scores_BN: Tensor, previous_BN: Tensor, penalty: float) -> Tensor:
    """Scores lowered where was read just before: e - 100 w^r (TARDIS)."""
    return scores_BN - penalty * previous_BN
