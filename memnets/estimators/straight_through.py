"""One slot, with the gradient of the weighting in place of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from ..options import require_one_of
from ..registry import estimators
from ..types import Address
from .base import ONE_SLOT, Estimator
from .choices import (
    PROBABILITY_FLOOR,
    dense,
    mode,
    one_hot,
    sample,
    straight_through,
    uniforms,
    with_no_op,
)


@estimators.register("straight_through")
class StraightThrough(Estimator):
    """One slot, with the gradient that the weighting would have had: biased.

    `choice` is that in training: the `mode`, which is the most probable slot, or a `sample` (Bengio
    et al., 2013). In `eval()` the mode is used.
    """

    in_training = at_test = ONE_SLOT

    def __init__(self, *, choice: str = "mode", price: Mapping[str, Any] | None = None) -> None:
        super().__init__(price=price)
        require_one_of("choice", choice, ("mode", "sample"))
        self.choice = choice
        self.repeatable = choice == "mode"

    def draw(self, like_BHN: Tensor) -> Tensor:
        return uniforms(like_BHN)

    def forward(self, weighting_BHN: Tensor, drawn_BHU: Tensor | None = None) -> Address:
        if self.choice == "mode" or not self.training:
            hard_BHN = mode(weighting_BHN)
        else:
            prob_BHN = with_no_op(weighting_BHN)
            hard_BHN = one_hot(sample(prob_BHN, drawn_BHU), prob_BHN)[..., :-1]
        return dense(weighting_BHN, straight_through(hard_BHN, weighting_BHN))


@estimators.register("reinmax")
class ReinMax(Estimator):
    """One sampled slot with a second-order gradient: low variance, less bias (Liu et al., 2023).

    Heun's method in place of straight-through's Euler step; no temperature to anneal.
    """

    in_training = at_test = ONE_SLOT

    def draw(self, like_BHN: Tensor) -> Tensor:
        return uniforms(like_BHN)

    def forward(self, weighting_BHN: Tensor, drawn_BHU: Tensor | None = None) -> Address:
        if not self.training:
            return dense(weighting_BHN, mode(weighting_BHN))
        prob_BHN = with_no_op(weighting_BHN)
        logits_BHN = prob_BHN.clamp_min(PROBABILITY_FLOOR).log()
        hard_BHN = one_hot(sample(prob_BHN, drawn_BHU), prob_BHN)
        middle_BHN = ((hard_BHN + prob_BHN) / 2).detach().clamp_min(PROBABILITY_FLOOR).log()
        moved_BHN = (middle_BHN - logits_BHN.detach() + logits_BHN).softmax(-1)
        second_BHN = 2 * moved_BHN - prob_BHN / 2
        return dense(weighting_BHN, straight_through(hard_BHN, second_BHN)[..., :-1])
