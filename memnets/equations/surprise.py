"""A memory that learns at test time: weights that follow the gradient of their own surprise.

Pure functions (Behrouz, Zhong and Mirrokni, 2024: Titans). The memory M maps a key to a value; how
far it is off, |M(k) - v|², is its surprise (eq. 12), whose gradients are written out here, so that
they are differentiable like everything else. M is linear, k -> Mᵀ k, or has two layers,
k -> Vᵀ silu(K k) / √N, where each of the N hidden units is a row of K, its key, and of V.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import silu


class Layers(NamedTuple):
    """Weights of a two-layer memory, or their gradients: a row of each per hidden unit."""

    keys_BNZ: Tensor
    memory_BNW: Tensor


def linear_recall(memory_BNW: Tensor, key_BN: Tensor) -> Tensor:
    """M(k) of a linear memory, (B, W)."""
    return (key_BN.unsqueeze(1) @ memory_BNW).squeeze(1)


def linear_gradient(memory_BNW: Tensor, key_BN: Tensor, value_BW: Tensor) -> Tensor:
    """The gradient of |M(k) - v|² by a linear memory, (B, N, W): 2 k (M(k) - v)ᵀ."""
    error_BW = linear_recall(memory_BNW, key_BN) - value_BW
    return 2 * key_BN.unsqueeze(-1) * error_BW.unsqueeze(1)


def layers_recall(layers: Layers, key_BZ: Tensor) -> Tensor:
    """M(k) of a two-layer memory, (B, W)."""
    return linear_recall(layers.memory_BNW, _hidden(_before(layers, key_BZ)))


def layers_gradient(layers: Layers, key_BZ: Tensor, value_BW: Tensor) -> Layers:
    """The gradient of |M(k) - v|² by both layers, by the chain rule."""
    before_BN = _before(layers, key_BZ)
    hidden_BN = _hidden(before_BN)
    error_BW = linear_recall(layers.memory_BNW, hidden_BN) - value_BW
    open_BN = before_BN.sigmoid()
    slope_BN = open_BN * (1 + before_BN * (1 - open_BN)) * before_BN.shape[-1] ** -0.5
    back_BN = 2 * (layers.memory_BNW @ error_BW.unsqueeze(-1)).squeeze(-1) * slope_BN
    return Layers(
        keys_BNZ=back_BN.unsqueeze(-1) * key_BZ.unsqueeze(1),
        memory_BNW=2 * hidden_BN.unsqueeze(-1) * error_BW.unsqueeze(1),
    )


def momentum(momentum_BNW: Tensor, gradient_BNW: Tensor, keep_B: Tensor, rate_B: Tensor) -> Tensor:
    """S_t = η S_{t-1} - θ ∇: past surprise fades by η, that of now counts by θ (Titans eq. 14)."""
    return _each(keep_B) * momentum_BNW - _each(rate_B) * gradient_BNW


def learned(memory_BNW: Tensor, momentum_BNW: Tensor, forget_B: Tensor) -> Tensor:
    """M_t = (1 - α) M_{t-1} + S_t (Titans eq. 13)."""
    return (1 - _each(forget_B)) * memory_BNW + momentum_BNW


def _before(layers: Layers, key_BZ: Tensor) -> Tensor:
    return (layers.keys_BNZ @ key_BZ.unsqueeze(-1)).squeeze(-1)


def _hidden(before_BN: Tensor) -> Tensor:
    return silu(before_BN) * before_BN.shape[-1] ** -0.5


def _each(gate_B: Tensor) -> Tensor:
    return gate_B[:, None, None]
