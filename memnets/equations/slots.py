"""Gated slots: a bounded memory of keys and values that fades where it is written.

Pure functions (GSA: Zhang et al., 2024; Raven, 2026). Every head has slots of its own, whose keys
and values are (B, R, N, W). Softmax attention over them reads: `equations.attention.read`.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

SCORE_FLOOR = 1e-9
"""Routing scores of a smaller sum are divided by this: what they lack to one routes nowhere."""


def slot_decay(raw_BRN: Tensor, damping: float) -> Tensor:
    """Log α of every slot, α = σ(x)^(1/τ) (GSA, section 3)."""
    return logsigmoid(raw_BRN) / damping


def routing(scores_BRN: Tensor) -> Tensor:
    """Where a write is to go: sigmoid scores over their sum, (B, R, N) (Raven).

    An estimator that keeps k of them, scaled to the mass of all, gives the scores renormalised over
    the k chosen.
    """
    open_BRN = scores_BRN.sigmoid()
    return open_BRN / open_BRN.sum(-1, keepdim=True).clamp_min(SCORE_FLOOR)


def share(log_decay_BRK: Tensor, weights_BRK: Tensor | None = None) -> Tensor:
    """How much of each slot a write replaces: 1 - α (GSA), or 1 - α^w where routed by w (Raven).

    A weight of zero leaves its slot as it is.
    """
    faded = log_decay_BRK if weights_BRK is None else weights_BRK * log_decay_BRK
    return -torch.expm1(faded)


def write(
    rows_BRNW: Tensor, share_BRK: Tensor, row_BRW: Tensor, slots_BRK: Tensor | None = None
) -> Tensor:
    """(1 - s_n) row_n + s_n new, for every slot n (GSA, section 3, with s = 1 - α).

    There are K = N shares, of all slots, or those of the slots that are named.
    """
    share_BRK1, new_BR1W = share_BRK.unsqueeze(-1), row_BRW.unsqueeze(2)
    if slots_BRK is None:
        return rows_BRNW + share_BRK1 * (new_BR1W - rows_BRNW)
    slots_BRKW = slots_BRK.unsqueeze(-1).expand(-1, -1, -1, rows_BRNW.shape[-1])
    change_BRKW = share_BRK1 * (new_BR1W - rows_BRNW.gather(2, slots_BRKW))
    return rows_BRNW.scatter_add(2, slots_BRKW, change_BRKW)


def weighting(query_BRW: Tensor, keys_BRNW: Tensor) -> Tensor:
    """softmax(K̃ q), each head over its own slots, (B, R, N): products are not scaled (GSA)."""
    return (keys_BRNW @ query_BRW.unsqueeze(-1)).squeeze(-1).softmax(-1)
