"""From one estimator to another in the course of training."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ..options import (
    accepted,
    check_options,
    require_mapping,
    require_number,
    require_one_of,
    require_whole,
)
from ..registry import estimators
from ..types import Address
from .base import Estimator
from .gate import Gate, Share

SCHEDULES = ("inverse_root", "phases", "learned")


@estimators.register("annealed")
class Annealed(Estimator):
    """From one estimator to another: a share of the minibatches, in the end most, uses the second.

    One draw holds for a whole minibatch. `schedule` says how the share moves. `inverse_root`: it is
    1 - 1/sqrt(1 + kt) in minibatch t, the continuous-to-discrete curriculum of D-NTM (section 4.3;
    `rate` k = 0.0015 in the authors' code). `phases`: nothing for `start` updates, then a rise to
    `most` in equal steps over `ramp` updates. `learned`: it rises by up to `growth` in each
    update while the cost is below `mastered` of the first one, to `most` at last, and falls while
    that is above `learned` (gate.py; `decay` and `warm` are the gate's).

    In `eval()` the second is used.
    """

    def __init__(
        self,
        feature_size: int | None = None,
        *,
        first: str = "soft",
        then: str = "reinforce",
        schedule: str = "inverse_root",
        rate: float = 0.0015,
        start: int = 2_000,
        ramp: int = 2_000,
        growth: float = 7e-4,
        most: float = 1.0,
        learned: float = 0.15,
        mastered: float = 0.03,
        decay: float = 0.98,
        warm: int = 20,
        first_options: Mapping[str, Any] | None = None,
        then_options: Mapping[str, Any] | None = None,
        price: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(price=price)
        require_one_of("schedule", schedule, SCHEDULES)
        require_number("rate", rate, least=0)
        require_whole("start", start, least=0)
        require_whole("ramp", ramp)
        require_number("most", most, above=0, most=1)
        require_mapping("first_options", first_options)
        require_mapping("then_options", then_options)
        self.first = _built(first, first_options or {}, feature_size)
        self.then = _built(then, then_options or {}, feature_size)
        self.rollouts = self.then.rollouts
        before, after = self.first.in_training, self.then.in_training
        # at rate 0 all training is that of the first
        changes = before != after and (rate > 0 or schedule != "inverse_root")
        self.in_training = f"{before}, then {after}" if changes else before
        self.at_test = self.then.at_test
        self.schedule, self.rate = schedule, rate
        self.start, self.ramp, self.most = start, ramp, most
        by_performance = schedule == "learned"
        # made in any case, so that settings are checked that are not used
        gate = Gate(learned=learned, decay=decay, warm=warm)
        share = Share(growth=growth, most=most, mastered=mastered)
        self.gate = gate if by_performance else None
        self.share = share if by_performance else None
        self.updates: Tensor
        self.use_first: Tensor
        self.register_buffer("updates", torch.zeros((), dtype=torch.long))
        self.register_buffer("use_first", torch.ones((), dtype=torch.bool))

    @property
    def probability(self) -> float:
        """Chance that the present minibatch uses the first estimator."""
        if self.share is not None:
            return 1 - float(self.share.value)
        updates = int(self.updates)
        if self.schedule == "phases":
            return 1 - self.most * min(1.0, max(0.0, (updates - self.start) / self.ramp))
        return 1 / math.sqrt(1 + self.rate * updates)

    def forward(self, weighting_BHN: Tensor) -> Address:
        address: Address = self.in_force()(weighting_BHN)
        return address

    def loss(
        self,
        address: Address,
        cost_TB: Tensor,
        features_TBC: Tensor | None = None,
        lengths_B: Tensor | None = None,
    ) -> Tensor:
        if self.gate is not None and self.share is not None and self.training and cost_TB.numel():
            self.gate.see(cost_TB)
            self.share.move(self.gate)
        own = super().loss(address, cost_TB)
        return self.in_force().loss_of(address, cost_TB, features_TBC, lengths_B=lengths_B) + own

    @property
    def one_slot_share(self) -> float:
        chance = self.probability
        return chance * self.first.one_slot_share + (1 - chance) * self.then.one_slot_share

    @property
    def has_loss(self) -> bool:
        parts = self.first.has_loss, self.then.has_loss
        return any(parts) or self.price is not None or self.gate is not None

    @property
    def draws(self) -> bool:
        return self.in_force().draws

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
