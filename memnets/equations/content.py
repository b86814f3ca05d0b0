"""Where to look by content: the cosine of a key and each slot (NTM, DNC, DNC-DMS)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.linalg import vector_norm

COSINE_EPS = 1e-8
"""Added to the product of the norms in the cosine: defined on zero rows, and below 1e-7 on rows of
norm 0.1 and more."""

ROW_FLOOR = 1e-4
"""Slots of a smaller norm get no gradient through the cosine; its value stays the same. The
derivative there is one over the norm, and would grow without bound along a sequence."""


def cosine_similarity(key_BHW: Tensor, memory_BNW: Tensor) -> Tensor:
    """Cosine between each key and each slot, (B, H, N) (NTM eq. 6)."""
    # of the norm that only chooses no derivative is taken: at zero rows it has none
    above_BN1 = vector_norm(memory_BNW.detach(), dim=-1, keepdim=True) > ROW_FLOOR
    rows_BNW = torch.where(above_BN1, memory_BNW, memory_BNW.detach())
    norm_BH1, norm_BN = vector_norm(key_BHW, dim=-1, keepdim=True), vector_norm(rows_BNW, dim=-1)
    norms_BHN = norm_BH1 * norm_BN.unsqueeze(-2)
    return torch.bmm(key_BHW, rows_BNW.transpose(-1, -2)) / (norms_BHN + COSINE_EPS)


def content(memory_BNW: Tensor, key_BHW: Tensor, strength_BH: Tensor) -> Tensor:
    """Content weighting: softmax of the strength times the cosine (NTM eq. 5)."""
    return (strength_BH.unsqueeze(-1) * cosine_similarity(key_BHW, memory_BNW)).softmax(-1)


def masked_content(
    memory_BNW: Tensor, key_BHW: Tensor, strength_BH: Tensor, mask_BHW: Tensor
) -> Tensor:
    """Content weighting by the columns that each head's mask leaves open (DNC-DMS: M).

    The mask, in (0, 1), multiplies key and slots before the cosine.
    """
    rows_BHNW = memory_BNW.unsqueeze(1) * mask_BHW.unsqueeze(2)
    key_BH1W = (key_BHW * mask_BHW).unsqueeze(2)
    similarity = cosine_similarity(key_BH1W.flatten(0, 1), rows_BHNW.flatten(0, 1))
    similarity_BHN = similarity.view(*key_BHW.shape[:2], -1)
    return (strength_BH.unsqueeze(-1) * similarity_BHN).softmax(-1)
