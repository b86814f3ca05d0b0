"""Where to look by location: interpolate, shift and sharpen a weighting (NTM)."""

from __future__ import annotations

import torch
from torch import Tensor

LOG_FLOOR = 1e-30
"""Added to a weight before its logarithm when a weighting is sharpened: zero stays zero, and its
gradient stays that of the plain power."""


def interpolate(content_BHN: Tensor, previous_BHN: Tensor, gate_BH: Tensor) -> Tensor:
    """Between the content weighting (gate 1) and the previous weighting (gate 0) (NTM eq. 7)."""
    return torch.lerp(previous_BHN, content_BHN, gate_BH.unsqueeze(-1))


def shift(weighting_BHN: Tensor, shift_BHD: Tensor) -> Tensor:
    """Circular convolution with a distribution over shifts -(D//2) … D//2, D odd (NTM eq. 8)."""
    half = shift_BHD.shape[-1] // 2
    slots = weighting_BHN.shape[-1]
    wrap = -(-half // slots)
    around = torch.cat([weighting_BHN] * (2 * wrap + 1), -1)
    around = around[..., wrap * slots - half : (wrap + 1) * slots + half]
    windows_BHND = around.unfold(-1, shift_BHD.shape[-1], 1)
    return (windows_BHND @ shift_BHD.flip(-1).unsqueeze(-1)).squeeze(-1)


def sharpen(weighting_BHN: Tensor, power_BH: Tensor) -> Tensor:
    """Raise to a power and renormalise (NTM eq. 9), in logarithms so that nothing underflows."""
    return (power_BH.unsqueeze(-1) * (weighting_BHN + LOG_FLOOR).log()).softmax(-1)
