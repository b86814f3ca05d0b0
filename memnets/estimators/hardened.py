"""Soft while it learns, made discrete once it has learned."""

from __future__ import annotations

import torch
from torch import Tensor

from ..options import require_number
from ..registry import estimators
from ..types import Address
from .base import ONE_SLOT, SOFT, Estimator
from .choices import dense, mode, straight_through, uniforms
from .gate import Share
from .price import Price


@estimators.register("hardened")
class Hardened(Estimator):
    """Soft in training, with a price on entropy charged once the task is learned; one slot at test.

    The loss has `weight` · max(0, 1 - c / (`learned` · c₀)) for each nat of entropy of a weighting;
    c is the running mean of a sequence's cost with `decay`, c₀ that of the first `warm` updates.

    Low entropy alone leaves a gap between the soft score and that with one slot: a weighting that
    is split in two at a single step, such as the first, costs little entropy and misplaces all that
    follows. `growth` above 0 closes it. A growing share of all choices, drawn anew for each head,
    step and sequence, is then made with one slot, the mode, with the gradient of the weighting. The
    share rises by `growth` · max(0, 1 - c / (`mastered` · c₀)) in each update, up to `most`, where
    1 is training with one slot, and falls by `growth` while the cost is too high for any price.
    """

    at_test = ONE_SLOT

    def __init__(
        self,
        *,
        weight: float = 0.1,
        learned: float = 0.15,
        decay: float = 0.98,
        warm: int = 20,
        growth: float = 0.0,
        mastered: float = 0.03,
        most: float = 1.0,
    ) -> None:
        super().__init__()
        require_number("growth", growth, least=0)
        require_number("most", most, above=0, most=1)
        require_number("mastered", mastered, above=0)
        self.price: Price = Price(weight=weight, learned=learned, decay=decay, warm=warm)
        self.share = Share(growth=growth, most=most, mastered=mastered) if growth else None
        self.in_training = f"{SOFT}, then {ONE_SLOT}" if growth else SOFT

    @property
    def draws(self) -> bool:
        return self.training and self.share is not None

    def draw(self, like_BHN: Tensor) -> Tensor:
        return uniforms(like_BHN)

    def forward(self, weighting_BHN: Tensor, drawn_BHU: Tensor | None = None) -> Address:
        if not self.training:
            return dense(weighting_BHN, mode(weighting_BHN))
        if self.share is None:
            return dense(weighting_BHN, weighting_BHN)
        uniform_BH1 = self.draw(weighting_BHN) if drawn_BHU is None else drawn_BHU
        is_hard_BH1 = uniform_BH1 < self.share.value
        hard_BHN = torch.where(is_hard_BH1, mode(weighting_BHN), weighting_BHN.detach())
        return dense(weighting_BHN, straight_through(hard_BHN, weighting_BHN))

    @property
    def one_slot_share(self) -> float:
        return 0.0 if self.share is None else float(self.share.value)

    def loss(self, address: Address, cost_TB: Tensor, features_TBC: Tensor | None = None) -> Tensor:
        price = super().loss(address, cost_TB, features_TBC)
        if self.share is not None and self.training and cost_TB.numel():
            self.share.move(self.price.gate)
        return price
