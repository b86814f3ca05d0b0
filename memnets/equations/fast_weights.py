"""Fast weights: a matrix per head that maps keys to values, corrected by the delta rule.

Pure functions (Schlag, Irie and Schmidhuber, 2021; Yang et al., 2024, 2025). Row n of a head's
matrix is what feature n of a key stands for, so a key whose features are positive and sum to one is
a weighting over rows. Every head has a matrix of its own, (B, H, N, W).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import elu, silu

from ..types import Address
from . import memory, sparse

FEATURE_FLOOR = 1e-4
"""Features of a smaller sum are divided by this: what they lack to one touches no row. The
derivative there is one over the sum, and would grow without bound."""

NORM_EPS = 1e-6
"""Added to the square of a norm: defined on zero, and below 1e-6 of a vector of norm one."""


def elu_features(key_BHN: Tensor) -> Tensor:
    """elu(k) + 1, (B, H, N), all positive (Katharopoulos et al., 2020)."""
    return elu(key_BHN) + 1


def dpfp_features(key_BHZ: Tensor, nu: int) -> Tensor:
    """Deterministic parameter-free projection, (B, H, 2 Z ν) (Schlag et al., section 5.3).

    r_i r_{i+j} for j from 1 to ν, where r are the 2 Z numbers relu(k), relu(-k) in a circle.
    """
    parts_BHZ = torch.cat([key_BHZ, -key_BHZ], -1).relu()
    return torch.cat([parts_BHZ * parts_BHZ.roll(-j, -1) for j in range(1, nu + 1)], -1)


def sum_normalised(features_BHN: Tensor) -> Tensor:
    """Positive features over their sum (Schlag et al., section 4.2): a weighting over rows.

    Its mass is one, or less where the sum is below `FEATURE_FLOOR`.
    """
    return features_BHN / features_BHN.sum(-1, keepdim=True).clamp_min(FEATURE_FLOOR)


def unit_features(key_BHN: Tensor) -> Tensor:
    """SiLU of the key, scaled to norm one, signs kept (Yang et al., 2024)."""
    features_BHN = silu(key_BHN)
    return features_BHN * (features_BHN.square().sum(-1, keepdim=True) + NORM_EPS).rsqrt()


def recall(memory_BHNW: Tensor, address: Address) -> Tensor:
    """What each head's own matrix holds under its key, W φ(k), (B, H, W)."""
    rows_Z1W = memory.read(memory_BHNW.flatten(0, 1), _one_head_each(address))
    return rows_Z1W.view_as(memory_BHNW[:, :, 0])


def delta(memory_BHNW: Tensor, address: Address, value_BHW: Tensor, rate_BH: Tensor) -> Tensor:
    """W + β (v - W φ(k)) φ(k)ᵀ, each head on its own matrix (Schlag et al., section 4.2).

    It is a step of rate β down the gradient of ½ |W φ(k) - v|². An address of one row moves that
    row by β towards v; a no-op changes nothing.
    """
    change_BHW = rate_BH.unsqueeze(-1) * (value_BHW - recall(memory_BHNW, address))
    return store(memory_BHNW, address, change_BHW)


def store(memory_BHNW: Tensor, address: Address, add_BHW: Tensor) -> Tensor:
    """W + a φ(k)ᵀ, each head on its own matrix: an outer product (Schlag et al., section 2)."""
    rows_Z1W = add_BHW.flatten(0, 1).unsqueeze(1)
    stored = sparse.add(memory_BHNW.flatten(0, 1), _one_head_each(address), rows_Z1W)
    return stored.view_as(memory_BHNW)


def _one_head_each(address: Address) -> Address:
    """The same addresses with every head as a batch row of its own, (B H, 1, K)."""
    return Address._make(None if part is None else _apart(part) for part in address)


def _apart(part: Tensor) -> Tensor:
    return part.flatten(0, 1).unsqueeze(1)
