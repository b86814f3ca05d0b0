"""Products whose derivatives look at no value.

The derivatives of torch's `prod` and `cumprod` ask the device whether any factor is zero. A GPU is
waited for at every such question, and a CUDA graph cannot hold one.
"""

from __future__ import annotations

from functools import reduce

import torch
from torch import Tensor
from torch.nn.functional import pad


def over_heads(x_BHX: Tensor) -> Tensor:
    """The product over the second axis, of which there are few: (B, H, …) to (B, …)."""
    return reduce(torch.mul, x_BHX.unbind(1))


def before(x_BN: Tensor) -> Tensor:
    """The product of all entries before each, (B, N): 1 for the first.

    By doubling, in log2 N products.
    """
    before_BN = pad(x_BN, (1, -1), value=1.0)
    covered = 1
    while covered < x_BN.shape[-1]:
        before_BN = before_BN * pad(before_BN, (covered, -covered), value=1.0)
        covered *= 2
    return before_BN
