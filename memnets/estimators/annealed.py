"""From one estimator to another in the course of training."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ..registry import estimators
from ..types import Address
from .base import Estimator
from .choices import require


@estimators.register("annealed")
class Annealed(Estimator):
    """From one estimator to another: the first with probability 1/sqrt(1 + kt) in minibatch t.

    The continuous-to-discrete curriculum of D-NTM (section 4.3; `rate` k = 0.0015 in the authors'
    code); one draw holds for the whole minibatch. In `eval()` the second is used.
    """

    def __init__(
        self,
        *,
        first: str = "soft",
        then: str = "reinforce",
        rate: float = 0.0015,
        first_options: Mapping[str, Any] | None = None,
        then_options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        require(rate >= 0, "rate must be at least 0")
        self.first: Estimator = estimators.get(first)(**(first_options or {}))
        self.then: Estimator = estimators.get(then)(**(then_options or {}))
        self.rollouts = self.then.rollouts
        # at rate 0 all training is that of the first
        self.discrete = (self.then if rate else self.first).discrete
        self.rate = rate
        self.updates: Tensor
        self.use_first: Tensor
        self.register_buffer("updates", torch.zeros((), dtype=torch.long))
        self.register_buffer("use_first", torch.ones((), dtype=torch.bool))

    @property
    def probability(self) -> float:
        """Chance that the present minibatch uses the first estimator."""
        return 1 / math.sqrt(1 + self.rate * int(self.updates))

    def forward(self, weighting_BHN: Tensor) -> Address:
        return self.active(weighting_BHN)

    def loss(self, address: Address, cost_TB: Tensor, features_TBC: Tensor | None = None) -> Tensor:
        return self.active.loss(address, cost_TB, features_TBC)

    def bind(self, feature_size: int) -> None:
        self.first.bind(feature_size)
        self.then.bind(feature_size)

    def advance(self) -> None:
        self.first.advance()
        self.then.advance()
        self.updates += 1
        self.use_first.copy_(torch.rand(()) < self.probability)

    @property
    def active(self) -> Estimator:
        return self.first if self.training and bool(self.use_first) else self.then
