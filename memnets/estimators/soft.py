"""Differentiable addresses: the whole weighting, or the largest part of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from ..options import require_positive
from ..registry import estimators
from ..types import Address
from .base import K_SLOTS, SOFT, Estimator
from .choices import PROBABILITY_FLOOR, dense, entropy


@estimators.register("soft")
class Soft(Estimator):
    """The weighting itself: every slot, differentiable (NTM, section 3)."""

    in_training = at_test = SOFT

    def forward(self, weighting_BHN: Tensor) -> Address:
        return dense(weighting_BHN, weighting_BHN)


@estimators.register("top_k")
class TopK(Estimator):
    """The k most probable slots, differentiable, the rest dropped (SAM).

    The paper truncates, so what is dropped is no-op; `renormalise` scales the kept weights back to
    the mass of the whole weighting. Addresses are sparse: k rows are read and written.
    """

    in_training = at_test = K_SLOTS

    def __init__(
        self,
        *,
        k: int = 4,
        renormalise: bool = False,
        price: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(price=price)
        require_positive(k=k)
        self.k = k
        self.renormalise = renormalise

    def forward(self, weighting_BHN: Tensor) -> Address:
        # a stable sort: equal weights, as those of an empty memory, go to the lowest slots
        sorted_BHN, order_BHN = weighting_BHN.sort(dim=-1, descending=True, stable=True)
        weights_BHK, slots_BHK = sorted_BHN[..., : self.k], order_BHN[..., : self.k]
        if self.renormalise:
            kept_BH1 = weights_BHK.sum(-1, keepdim=True).clamp_min(PROBABILITY_FLOOR)
            weights_BHK = weights_BHK * weighting_BHN.sum(-1, keepdim=True) / kept_BH1
        return Address.of(weights_BHK, slots_BHK, entropy_BH=entropy(weighting_BHN))
