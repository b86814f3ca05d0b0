"""Variance reduction for the score function: what is subtracted from a return, and its scale.

Statistics of earlier minibatches are used before they are updated, and a rollout is only ever
compared with others, so a return never enters its own baseline and the gradient stays unbiased.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import huber_loss
from torch.nn.utils import skip_init

from ..options import require_number, require_one_of, require_positive
from .packed import require_rollouts, there
from .sequence_baseline import SequenceBaseline

_NEEDS = {
    "learned": "features: build the estimator with their width, feature_size, and give loss() the "
    "controller's outputs, or choose baseline='moving_average'",
    "sequence": "features and inputs: build the estimator with their widths, feature_size and "
    "external_size, and give loss() the controller's outputs and the network's inputs, as "
    "estimator.surrogate() does, or choose baseline='learned'",
}
BASELINES = ("none", "moving_average", "per_step", "learned", "sequence", "leave_one_out")
PREDICTED = ("learned", "sequence")
"""Baselines that predict a return for each step: values, as an actor-critic needs them."""


class Advantage(nn.Module):
    """Costs of a minibatch -> advantages (T, B), and the loss that trains the baseline.

    - `none`: the returns themselves.
    - `moving_average`: less a batch-level average of past returns (D-NTM: MAB).
    - `per_step`: less an average of past returns for each step, up to `steps` of them.
    - `learned`: `moving_average`, less one linear unit on each step's features, trained with a
      Huber loss towards the centred and scaled return (D-NTM: IB). With returns to go, which fall
      along a sequence and which the paper does not have, `per_step` takes the average's place.
    - `sequence`: less the return that LSTMs of its own predict, of `size` units and an output times
      `scale`, which have read the whole input; trained with half the squared error, summed over
      steps (RL-NTM; SequenceBaseline says more).
    - `leave_one_out`: less the mean return of the other rollouts of the same sequence, which lie
      beside it in the batch (Kool et al., 2019).

    `normalise` divides by the running standard deviation, at least `floor`. Features are detached:
    a baseline never trains the model. With `gae_lambda` below 1, advantages of the baselines that
    predict are those of `generalised`, and what is predicted are returns that the predictions of
    later steps cut short: less variance, but biased as far as predictions are wrong.

    Sequences of `lengths_B` steps have zeros after them, which no average, no scale and no loss of
    a baseline sees.
    """

    mean_S: Tensor
    weight_S: Tensor
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
        rollouts: int = 1,
        steps: int = 256,
        gae_lambda: float = 1.0,
        size: int = 25,
        scale: float = 0.05,
        feature_size: int | None = None,
        external_size: int | None = None,
    ) -> None:
        super().__init__()
        require_one_of("baseline", baseline, BASELINES)
        require_positive(rollouts=rollouts, steps=steps)
        require_positive(baseline_size=size)
        require_number("baseline_scale", scale, above=0)
        require_number("decay", decay, least=0, below=1)
        require_number("floor", floor, above=0)
        require_number("gae_lambda", gae_lambda, least=0, most=1)
        if gae_lambda < 1 and not (baseline in PREDICTED and return_to_go):
            raise ValueError(
                f"gae_lambda {gae_lambda:g} needs values of steps: baseline 'learned' or "
                "'sequence', with return_to_go"
            )
        self.gae_lambda = gae_lambda
        self.baseline = baseline
        self.return_to_go = return_to_go
        self.normalise = normalise
        self.decay = decay
        self.floor = floor
        self.rollouts = rollouts
        by_step = baseline == "per_step" or (baseline == "learned" and return_to_go)
        self.steps = steps if by_step else 1
        self.predict: nn.Module | None = None
        if baseline == "sequence" and feature_size is not None and external_size is not None:
            self.predict = SequenceBaseline(feature_size, external_size, size=size, scale=scale)
        if baseline == "learned" and feature_size is not None:
            # zeros in place of random weights: the weights of a model, which are drawn after these,
            # must not depend on its estimator
            unit = skip_init(nn.Linear, feature_size, 1)
            nn.init.zeros_(unit.weight)
            nn.init.zeros_(unit.bias)
            self.predict = unit
        self.register_buffer("mean_S", torch.zeros(self.steps))
        self.register_buffer("weight_S", torch.zeros(self.steps))
        self.register_buffer("variance", torch.zeros(()))
        self.register_buffer("updates", torch.zeros((), dtype=torch.long))

    def forward(
        self,
        cost_TB: Tensor,
        features_TBC: Tensor | None = None,
        inputs_TBX: Tensor | None = None,
        lengths_B: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        if not cost_TB.numel():
            return cost_TB, cost_TB.new_zeros(())
        returns_TB = returns(cost_TB, to_go=self.return_to_go)
        there_TB = None if lengths_B is None else there(lengths_B, len(cost_TB))
        if there_TB is not None:
            returns_TB = returns_TB * there_TB
        centre_TB, scale = self._centre(returns_TB), self._scale()
        deviation_TB = returns_TB - centre_TB
        if self.training:
            self._update(returns_TB, deviation_TB, there_TB)
        if self.baseline not in PREDICTED:
            return deviation_TB / scale, cost_TB.new_zeros(())
        target_TB = deviation_TB / scale
        predicted_TB = self._predicted(features_TBC, inputs_TBX, lengths_B).to(target_TB)
        values_TB = predicted_TB.detach()
        if self.gae_lambda < 1:
            centred_TB = values_TB + centre_TB / scale
            if there_TB is not None:
                centred_TB = centred_TB * there_TB
            target_TB = values_TB + generalised(cost_TB / scale, centred_TB, self.gae_lambda)
        return target_TB - values_TB, self._error(predicted_TB, target_TB, lengths_B)

    def _predicted(
        self, features_TBC: Tensor | None, inputs_TBX: Tensor | None, lengths_B: Tensor | None
    ) -> Tensor:
        if self.predict is None or features_TBC is None:
            raise ValueError(f"the {self.baseline} baseline needs {_NEEDS[self.baseline]}")
        if self.baseline == "sequence":
            if inputs_TBX is None:
                raise ValueError(f"the {self.baseline} baseline needs {_NEEDS[self.baseline]}")
            predicted_TB: Tensor = self.predict(features_TBC, inputs_TBX, lengths_B)
            return predicted_TB
        features_TBC = features_TBC.detach().to(next(self.predict.parameters()))
        return self.predict(features_TBC).squeeze(-1)

    def _error(self, predicted_TB: Tensor, target_TB: Tensor, lengths_B: Tensor | None) -> Tensor:
        if lengths_B is not None:
            # without an error after the end, which a mean over steps does not count either
            there_TB = there(lengths_B, len(target_TB))
            target_TB = target_TB.where(there_TB, predicted_TB.detach())
        if self.baseline == "sequence":
            return (predicted_TB - target_TB).square().sum(0).mean() / 2
        # D-NTM's Huber loss is d² near zero, twice torch's
        if lengths_B is None:
            return 2 * huber_loss(predicted_TB, target_TB)
        error_TB = huber_loss(predicted_TB, target_TB, reduction="none")
        return 2 * (error_TB.sum(0) / lengths_B).mean()

    def _centre(self, returns_TB: Tensor) -> Tensor:
        if self.baseline in ("none", "sequence"):
            return torch.zeros_like(returns_TB)
        if self.baseline == "leave_one_out":
            return mean_of_others(returns_TB, self.rollouts)
        # an average started at zero is divided by the weight that it has gathered so far
        mean_S = self.mean_S / self.weight_S.clamp_min(1e-8)
        return mean_S[self._slots(len(returns_TB))].unsqueeze(-1)

    def _scale(self) -> Tensor:
        if not self.normalise:
            return torch.ones_like(self.variance)
        # on the tensor's own device: a look at its value would make a GPU wait
        gathered = (1 - self.decay ** self.updates.to(self.variance)).clamp_min(1e-8)
        return (self.variance / gathered).sqrt().clamp_min(self.floor)

    def _slots(self, length: int) -> Tensor:
        return torch.arange(length, device=self.mean_S.device).clamp_max(self.steps - 1)

    def _update(
        self, returns_TB: Tensor, deviation_TB: Tensor, there_TB: Tensor | None = None
    ) -> None:
        slots_T = self._slots(len(returns_TB))
        share_T = torch.ones_like(slots_T, dtype=self.mean_S.dtype)
        first_TB = returns_TB - returns_TB.mean()
        if there_TB is not None:
            share_T = there_TB.to(self.mean_S).mean(1)
            first_TB = returns_TB - returns_TB[there_TB].mean()
        seen_S = torch.zeros_like(self.mean_S).index_add_(0, slots_T, share_T)
        # returns are zero after the end
        sums_S = torch.zeros_like(self.mean_S).index_add_(
            0, slots_T, returns_TB.mean(1).to(self.mean_S)
        )
        pull_S = (1 - self.decay) * (seen_S > 0).to(self.mean_S)
        self.mean_S.lerp_(sums_S / seen_S.where(seen_S > 0, 1), pull_S)
        self.weight_S.lerp_(torch.ones_like(self.weight_S), pull_S)
        # the first deviation is from nothing: the mean of the returns themselves stands in
        deviation_TB = torch.where(self.updates == 0, first_TB, deviation_TB)
        deviations = deviation_TB if there_TB is None else deviation_TB[there_TB]
        self.variance.lerp_(deviations.square().mean().to(self.variance), 1 - self.decay)
        self.updates += 1


def returns(cost_TB: Tensor, *, to_go: bool) -> Tensor:
    """Cost from each step on, or of the whole sequence at every step, (T, B)."""
    if to_go:
        return cost_TB.flip(0).cumsum(0).flip(0)
    return cost_TB.sum(0, keepdim=True).expand_as(cost_TB)


def generalised(cost_TB: Tensor, values_TB: Tensor, decay: float) -> Tensor:
    """Generalised advantages of costs, (T, B): Σ_k decay^k δ_{t+k}, δ_t = c_t + V_{t+1} - V_t.

    V is zero after the last step, and nothing is discounted, because sequences end (Schulman et
    al., 2016, with γ = 1). A decay of 1 gives the return less the value.
    """
    later_TB = torch.cat([values_TB[1:], torch.zeros_like(values_TB[:1])])
    # of the more precise of both: averages may be kept in float64 beside costs in float32
    surprise_TB = cost_TB + later_TB - values_TB
    steps_T = torch.arange(len(cost_TB), device=cost_TB.device)
    ahead_TT = steps_T - steps_T.unsqueeze(1)
    weights_TT = (decay ** ahead_TT.clamp_min(0).to(surprise_TB)).triu()
    return weights_TT @ surprise_TB


def mean_of_others(returns_TB: Tensor, rollouts: int) -> Tensor:
    """Mean return of the other rollouts of the same sequence, (T, B); rollouts lie side by side.

    Raises ValueError where the batch is not made of so many rollouts per sequence.
    """
    require_rollouts(returns_TB.shape[1], rollouts)
    grouped = returns_TB.unflatten(1, (-1, rollouts))
    others = (grouped.sum(-1, keepdim=True) - grouped) / (rollouts - 1)
    return others.flatten(1)
