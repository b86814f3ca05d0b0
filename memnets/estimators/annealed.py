"""From one estimator to another in the course of training."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ..options import accepted, check_options, require_number
from ..registry import estimators
from ..types import Address
from .base import Estimator


@estimators.register("annealed")
class Annealed(Estimator):
    """From one estimator to another: the first with probability 1/sqrt(1 + kt) in minibatch t.

    The continuous-to-discrete curriculum of D-NTM (section 4.3; `rate` k = 0.0015 in the authors'
    code); one draw holds for the whole minibatch. In `eval()` the second is used.
    """

    def __init__(
        self,
        feature_size: int | None = None,
        *,
        first: str = "soft",
        then: str = "reinforce",
        rate: float = 0.0015,
        first_options: Mapping[str, Any] | None = None,
        then_options: Mapping[str, Any] | None = None,
        price: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(price=price)
        require_number("rate", rate, least=0)
        self.first = _built(first, first_options or {}, feature_size)
        self.then = _built(then, then_options or {}, feature_size)
        self.rollouts = self.then.rollouts
        before, after = self.first.in_training, self.then.in_training
        # at rate 0 all training is that of the first
        changes = bool(rate) and before != after
        self.in_training = f"{before}, then {after}" if changes else before
        self.at_test = self.then.at_test
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
        address: Address = self.in_force()(weighting_BHN)
        return address

    def loss(self, address: Address, cost_TB: Tensor, features_TBC: Tensor | None = None) -> Tensor:
        own = super().loss(address, cost_TB)
        return self.in_force().loss(address, cost_TB, features_TBC) + own

    @property
    def has_loss(self) -> bool:
        return self.first.has_loss or self.then.has_loss or self.price is not None

    def in_force(self) -> Estimator:
        use_first = self.training and bool(self.use_first)
        return (self.first if use_first else self.then).in_force()

    def advance(self) -> None:
        self.first.advance()
        self.then.advance()
        self.updates += 1
        self.use_first.copy_(torch.rand(()) < self.probability)


def _built(name: str, options: Mapping[str, Any], feature_size: int | None) -> Estimator:
    make = estimators.get(name)
    check_options(name, make, options)
    estimator: Estimator = make(**options, **accepted(make, feature_size=feature_size))
    return estimator
