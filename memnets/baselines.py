"""Variance reduction for the score function: what is subtracted from a return, and its scale.

Statistics of earlier minibatches are used before they are updated, so a return never enters its own
baseline and the gradient stays unbiased.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import huber_loss

BASELINES = ("none", "moving_average", "learned")


class Advantage(nn.Module):
    """Costs of a minibatch -> advantages (T, B), and the loss that trains the baseline.

    `moving_average`: a batch-level average of past returns; `learned`: one linear unit on each
    step's features on top of it, trained with a Huber loss towards the centred and scaled return
    (D-NTM, section 4.1, whose names are MAB and IB). `normalise` divides by the running standard
    deviation, at least `floor`. Features are detached: a baseline never trains the model.
    """

    mean: Tensor
    variance: Tensor
    updates: Tensor

    def __init__(
        self,
        baseline: str,
        *,
        return_to_go: bool = True,
        normalise: bool = True,
        decay: float = 0.9,
        floor: float = 1.0,
    ) -> None:
        super().__init__()
        if baseline not in BASELINES:
            raise ValueError(f"baseline {baseline!r} is not one of {', '.join(BASELINES)}")
        self.baseline = baseline
        self.return_to_go = return_to_go
        self.normalise = normalise
        self.decay = decay
        self.floor = floor
        self.predict: nn.Linear | None = None
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("variance", torch.zeros(()))
        self.register_buffer("updates", torch.zeros((), dtype=torch.long))

    def bind(self, feature_size: int) -> None:
        """Makes the learned baseline's parameters for features of that width."""
        if self.baseline == "learned":
            self.predict = nn.Linear(feature_size, 1)
            nn.init.zeros_(self.predict.weight)
            nn.init.zeros_(self.predict.bias)

    def forward(self, cost_TB: Tensor, features_TBC: Tensor | None = None) -> tuple[Tensor, Tensor]:
        returns_TB = returns(cost_TB, to_go=self.return_to_go)
        centred_TB = (returns_TB - self._centre()) / self._scale()
        if self.training:
            self._update(returns_TB)
        if self.baseline != "learned":
            return centred_TB, cost_TB.new_zeros(())
        if self.predict is None or features_TBC is None:
            raise ValueError(
                "the learned baseline needs features: call bind(feature_size) once and give "
                "loss() the controller's outputs, or choose baseline='moving_average'"
            )
        predicted_TB = self.predict(features_TBC.detach()).squeeze(-1)
        # D-NTM's Huber loss is d² near zero, twice torch's
        return centred_TB - predicted_TB.detach(), 2 * huber_loss(predicted_TB, centred_TB)

    def _centre(self) -> Tensor:
        if self.baseline == "none":
            return torch.zeros_like(self.mean)
        return self.mean / self._correction()

    def _scale(self) -> Tensor:
        if not self.normalise:
            return torch.ones_like(self.variance)
        return (self.variance / self._correction()).sqrt().clamp_min(self.floor)

    def _correction(self) -> float:
        # an average started at zero is too small by this factor after so many updates
        return max(1 - self.decay ** int(self.updates), 1e-8)

    def _update(self, returns_TB: Tensor) -> None:
        deviation_TB = returns_TB - (self._centre() if self.updates > 0 else returns_TB.mean())
        self.mean.lerp_(returns_TB.mean().to(self.mean), 1 - self.decay)
        self.variance.lerp_(deviation_TB.square().mean().to(self.variance), 1 - self.decay)
        self.updates += 1


def returns(cost_TB: Tensor, *, to_go: bool) -> Tensor:
    """Cost from each step on, or of the whole sequence at every step, (T, B)."""
    if to_go:
        return cost_TB.flip(0).cumsum(0).flip(0)
    return cost_TB.sum(0, keepdim=True).expand_as(cost_TB)
