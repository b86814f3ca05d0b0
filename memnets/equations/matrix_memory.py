"""The matrix memory of xLSTM: exponential gates on outer products, and how they stay finite.

Pure functions (Beck et al., 2024). A memory C, (B, H, N, W), and the sum n of its keys, (B, H, N),
are held as C e^-m and n e^-m, where the stabiliser m follows the largest gate. What is read does
not depend on m.
"""

from __future__ import annotations

import torch
from torch import Tensor

STABILISER_START = -1e30
"""Before the first write, when the logarithm of all gates so far is that of none."""

MASS_FLOOR = 1e-6
"""What is read is divided by no less. It matters only where a key that was written with a gate
above 1e6 is all but orthogonal to the query; the authors' code adds as much everywhere."""


def stabilised(
    log_forget_BH: Tensor, log_input_BH: Tensor, stabiliser_BH: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """m_t, f' and i': max(log f + m, log i), and both gates over e^m_t (xLSTM eqs. 15 to 17)."""
    kept_BH = log_forget_BH + stabiliser_BH
    after_BH = torch.maximum(kept_BH, log_input_BH)
    return after_BH, (kept_BH - after_BH).exp(), (log_input_BH - after_BH).exp()


def normalised(read_BHW: Tensor, mass_BH: Tensor, stabiliser_BH: Tensor) -> Tensor:
    """C q / max(|nᵀ q|, 1) out of e^-m C q and e^-m nᵀ q (xLSTM eq. 21).

    Any further axes go after the heads. No exponential is above one.
    """
    # over e^m where that is below one, so that e^-m is not needed
    small_BH = stabiliser_BH.clamp_max(0).exp()
    bound_BH = (-stabiliser_BH.clamp_min(0)).exp().clamp_min(MASS_FLOOR)
    divisor_BH = torch.maximum(mass_BH.abs() * small_BH, bound_BH)
    return read_BHW * (small_BH / divisor_BH).unsqueeze(-1)


def parallel(
    query_BHTN: Tensor,
    key_BHTN: Tensor,
    value_BHTW: Tensor,
    log_forget_BHT: Tensor,
    log_input_BHT: Tensor,
) -> Tensor:
    """What every step reads of a whole sequence at once, (B, H, T, W) (xLSTM, appendix A.3).

    The same as steps of `stabilised`, outer products and `normalised` from an empty memory; keys
    come scaled. It takes T × T numbers per head.
    """
    log_gates_BHTT = log_weights(log_forget_BHT, log_input_BHT)
    stabiliser_BHT = log_gates_BHTT.amax(-1)
    gates_BHTT = (log_gates_BHTT - stabiliser_BHT.unsqueeze(-1)).exp()
    scores_BHTT = query_BHTN @ key_BHTN.transpose(-1, -2) * gates_BHTT
    return normalised(scores_BHTT @ value_BHTW, scores_BHTT.sum(-1), stabiliser_BHT)


def log_weights(log_forget_BHT: Tensor, log_input_BHT: Tensor) -> Tensor:
    """Logarithm of what is left in step t of what step s wrote, (B, H, t, s); -inf where s > t."""
    decayed_BHT = log_forget_BHT.cumsum(-1)
    log_BHTT = decayed_BHT.unsqueeze(-1) - decayed_BHT.unsqueeze(-2) + log_input_BHT.unsqueeze(-2)
    steps = log_BHTT.shape[-1]
    later_TT = torch.ones(steps, steps, dtype=torch.bool, device=log_BHTT.device).triu(1)
    return log_BHTT.masked_fill(later_TT, -torch.inf)
