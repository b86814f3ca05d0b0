"""Scores lowered where a head looked lately (D-NTM)."""

from __future__ import annotations

from torch import Tensor


def recency(scores_BHN: Tensor, recent_BHN: Tensor, gate_BH: Tensor) -> Tensor:
    """Softmax of the scores, lowered where the head looked lately (D-NTM: LRU)."""
    return (scores_BHN - gate_BH.unsqueeze(-1) * recent_BHN).softmax(-1)


def recent(recent_BHN: Tensor, scores_BHN: Tensor, decay: float = 0.1) -> Tensor:
    """Moving average of a head's scores; no gradient passes through it (D-NTM: v)."""
    return decay * recent_BHN + (1 - decay) * scores_BHN.detach()
