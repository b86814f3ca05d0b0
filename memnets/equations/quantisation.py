"""Vectors that stand for many keys: codes, each the running mean of the keys nearest to it.

Pure functions (VQ-VAE: van den Oord et al., 2017; Jukebox: Dhariwal et al., 2020). Every head has
codes of its own, (R, N, W).
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import one_hot

SHARE_FLOOR = 1e-30
"""A code of a smaller share stays where it is: what its running sums have left is rounding."""


class Codes(NamedTuple):
    """Codes, and the two running sums that they are made of."""

    codes_RNW: Tensor
    shares_RN: Tensor
    """Which share of an update's keys is nearest to each code: N of VQ-VAE over their count."""
    sums_RNW: Tensor
    """The sum of those keys, over the count of all: m of VQ-VAE over their count."""


def distances(keys_BRW: Tensor, codes_RNW: Tensor) -> Tensor:
    """|k - e_n|² of every code of a head, (B, R, N)."""
    products_BRN = (codes_RNW @ keys_BRW.unsqueeze(-1)).squeeze(-1)
    far_BRN = codes_RNW.square().sum(-1) - 2 * products_BRN
    return far_BRN + keys_BRW.square().sum(-1, keepdim=True)


def weighting(keys_BRW: Tensor, codes_RNW: Tensor, temperature: float = 1.0) -> Tensor:
    """softmax(-|k - e_n|² / τ), (B, R, N): its mode is the nearest code (VQ-VAE, equation 1)."""
    return (-distances(keys_BRW, codes_RNW) / temperature).softmax(-1)


def moved(codes: Codes, keys_MRW: Tensor, decay: float) -> Codes:
    """Codes after an update whose keys were these (VQ-VAE, appendix A.1).

    N_n = γ N_n + (1 - γ) n_n, m_n = γ m_n + (1 - γ) Σ k, over the keys nearest to code n, and
    e_n = m_n / N_n; both are over the number of keys, which may differ between updates.
    """
    nearest_MRN = one_hot(distances(keys_MRW, codes.codes_RNW).argmin(-1), codes.codes_RNW.shape[1])
    nearest_MRN = nearest_MRN.to(keys_MRW.dtype)
    share_RN = nearest_MRN.mean(0)
    sum_RNW = nearest_MRN.permute(1, 2, 0) @ keys_MRW.transpose(0, 1) / len(keys_MRW)
    shares_RN = decay * codes.shares_RN + (1 - decay) * share_RN
    sums_RNW = decay * codes.sums_RNW + (1 - decay) * sum_RNW
    shares_RN1 = shares_RN.unsqueeze(-1)
    means_RNW = sums_RNW / shares_RN1.clamp_min(SHARE_FLOOR)
    return Codes(means_RNW.where(shares_RN1 >= SHARE_FLOOR, codes.codes_RNW), shares_RN, sums_RNW)


def revived(codes: Codes, keys_RNW: Tensor, least: float) -> Codes:
    """Codes with a key in place of each dead one, and the share that all have on average.

    Dead is a code with less than `least` of that share (Jukebox, which takes a random
    key of the update). `keys_RNW` has a key for every code.
    """
    even = 1 / codes.codes_RNW.shape[1]
    dead_RN = codes.shares_RN < least * even
    dead_RN1 = dead_RN.unsqueeze(-1)
    return Codes(
        keys_RNW.where(dead_RN1, codes.codes_RNW),
        codes.shares_RN.masked_fill(dead_RN, even),
        (even * keys_RNW).where(dead_RN1, codes.sums_RNW),
    )
