"""One sampled slot, with the gradient of the score function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from ..options import require_number, require_whole
from ..registry import estimators
from ..types import Address
from .base import ONE_SLOT, Estimator
from .baselines import Advantage
from .choices import chosen, likeliest, sample, uniforms, with_no_op


@estimators.register("reinforce")
class Reinforce(Estimator):
    """One sampled slot, score-function gradient: unbiased, high variance (Williams, 1992).

    Each log-probability is weighed with the cost from its step on (`return_to_go`) or with that of
    the whole sequence, less a baseline: `none`, `moving_average`, `per_step`, `learned`
    (input-dependent), `sequence` (LSTMs that know the whole input; `baseline_size`,
    `baseline_scale`) or `leave_one_out` (the other of several `rollouts`), over a running standard
    deviation where `normalise` (D-NTM; baselines.py says what each is).
    With `gae_lambda` below 1, a learned baseline is the critic of an actor-critic: generalised
    advantages, with less variance and a bias. `entropy_weight` rewards the entropy of the
    weightings, in nats.
    """

    in_training = at_test = ONE_SLOT

    def __init__(
        self,
        feature_size: int | None = None,
        external_size: int | None = None,
        *,
        baseline: str = "learned",
        baseline_size: int = 25,
        baseline_scale: float = 0.05,
        gae_lambda: float = 1.0,
        return_to_go: bool = True,
        normalise: bool = True,
        entropy_weight: float = 0.01,
        weight: float = 1.0,
        rollouts: int = 1,
        price: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(price=price)
        require_whole("rollouts", rollouts, least=2 if baseline == "leave_one_out" else 1)
        require_number("entropy_weight", entropy_weight)
        require_number("weight", weight, least=0)
        self.rollouts = rollouts
        self.advantage = Advantage(
            baseline,
            return_to_go=return_to_go,
            normalise=normalise,
            rollouts=rollouts,
            gae_lambda=gae_lambda,
            size=baseline_size,
            scale=baseline_scale,
            feature_size=feature_size,
            external_size=external_size,
        )
        self.entropy_weight = entropy_weight
        self.weight = weight

    def draw(self, like_BHN: Tensor) -> Tensor:
        return uniforms(like_BHN)

    def forward(self, weighting_BHN: Tensor, drawn_BHU: Tensor | None = None) -> Address:
        prob_BHN = with_no_op(weighting_BHN)
        choice_BH = sample(prob_BHN, drawn_BHU) if self.training else likeliest(prob_BHN)
        return chosen(weighting_BHN, choice_BH)

    def loss(
        self,
        address: Address,
        cost_TB: Tensor,
        features_TBC: Tensor | None = None,
        inputs_TBX: Tensor | None = None,
        lengths_B: Tensor | None = None,
    ) -> Tensor:
        price = super().loss(address, cost_TB)
        seen = features_TBC, inputs_TBX, lengths_B
        advantage_TB, baseline_loss = self.advantage(cost_TB.detach(), *seen)
        if not cost_TB.numel():
            return baseline_loss + price
        score = (address.log_prob_BH.sum(-1) * advantage_TB).sum(0).mean()
        entropy = address.entropy_BH.sum((0, -1)).mean()
        return self.weight * score - self.entropy_weight * entropy + baseline_loss + price


@estimators.register("leave_one_out")
def leave_one_out(
    *,
    rollouts: int = 4,
    return_to_go: bool = True,
    normalise: bool = True,
    entropy_weight: float = 0.01,
    price: Mapping[str, Any] | None = None,
) -> Reinforce:
    """REINFORCE whose baseline is the mean return of the other rollouts (Kool et al., 2019)."""
    return Reinforce(
        baseline="leave_one_out",
        rollouts=rollouts,
        return_to_go=return_to_go,
        normalise=normalise,
        entropy_weight=entropy_weight,
        price=price,
    )
