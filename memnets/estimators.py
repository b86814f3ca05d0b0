"""The axis of the comparison: how a weighting becomes an address, and how the gradient gets past.

Every cell computes a weighting over slots; an estimator turns it into the address that is used. A
weighting that sums to less than one leaves the rest to the no-op, which a discrete estimator can
choose like any slot. Discrete estimators sample in `train()` and take the mode in `eval()`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from .baselines import Advantage
from .registry import estimators as estimators
from .types import Address

PROBABILITY_FLOOR = 1e-12
"""Probabilities are kept at or above this inside logarithms."""


class Estimator(nn.Module, ABC):
    """Makes addresses out of weightings and supplies the gradient that discreteness loses."""

    discrete: bool

    @abstractmethod
    def forward(self, weighting_BHN: Tensor) -> Address:
        """The address to use for a weighting whose rows sum to at most one."""

    def loss(self, address: Address, cost_TB: Tensor, features_TBC: Tensor | None = None) -> Tensor:
        """Completes the gradient of `cost_TB.sum(0).mean()`: a surrogate; zero if none is missing.

        `address` is that of the rollout (every field stacked over time), `cost_TB` the cost of each
        step in nats, `features_TBC` what a learned baseline may look at (the controller's outputs).
        """
        return cost_TB.new_zeros(())

    def bind(self, feature_size: int) -> None:
        """Told once, by the network, the width C of the features that `loss` will be given."""

    def advance(self) -> None:
        """Moves schedules on; called by the training loop after every update."""


@estimators.register("soft")
class Soft(Estimator):
    """The weighting itself: every slot, differentiable (NTM, section 3)."""

    discrete = False

    def forward(self, weighting_BHN: Tensor) -> Address:
        return _dense(weighting_BHN, weighting_BHN)


@estimators.register("straight_through")
class StraightThrough(Estimator):
    """The most probable slot, with the gradient that the weighting would have had: biased.

    Deterministic (Bengio et al., 2013, with argmax in place of a sample).
    """

    discrete = True

    def forward(self, weighting_BHN: Tensor) -> Address:
        return _dense(weighting_BHN, _straight_through(_mode(weighting_BHN), weighting_BHN))


@estimators.register("gumbel")
class Gumbel(Estimator):
    """A Gumbel-softmax sample: relaxed, or one slot with the relaxed gradient (Jang et al., 2017).

    The temperature falls from `temperature` to `final_temperature` geometrically over
    `anneal_updates` updates. In `eval()` the mode is used.
    """

    discrete = True

    def __init__(
        self,
        *,
        straight_through: bool = True,
        temperature: float = 1.0,
        final_temperature: float = 0.5,
        anneal_updates: int = 10_000,
    ) -> None:
        super().__init__()
        _require(temperature > 0 and final_temperature > 0, "temperatures must be above 0")
        _require(anneal_updates > 0, "anneal_updates must be at least 1")
        self.straight_through = straight_through
        self.first, self.last = math.log(temperature), math.log(final_temperature)
        self.anneal_updates = anneal_updates
        self.updates: Tensor
        self.register_buffer("updates", torch.zeros((), dtype=torch.long))

    @property
    def temperature(self) -> float:
        """The temperature of the present update."""
        done = min(1.0, int(self.updates) / self.anneal_updates)
        return math.exp(self.first + (self.last - self.first) * done)

    def forward(self, weighting_BHN: Tensor) -> Address:
        if not self.training:
            return _dense(weighting_BHN, _mode(weighting_BHN))
        log_prob_BHN = _with_no_op(weighting_BHN).clamp_min(PROBABILITY_FLOOR).log()
        noise_BHN = -torch.empty_like(log_prob_BHN).exponential_().log()
        relaxed_BHN = ((log_prob_BHN + noise_BHN) / self.temperature).softmax(-1)
        if not self.straight_through:
            return _dense(weighting_BHN, relaxed_BHN[..., :-1])
        hard_BHN = _one_hot(relaxed_BHN.argmax(-1), relaxed_BHN)
        return _dense(weighting_BHN, _straight_through(hard_BHN, relaxed_BHN)[..., :-1])

    def advance(self) -> None:
        self.updates += 1


@estimators.register("reinforce")
class Reinforce(Estimator):
    """One sampled slot, score-function gradient: unbiased, high variance (Williams, 1992).

    Each log-probability is weighed with the cost from its step on (`return_to_go`) or with that of
    the whole sequence, less a baseline: `none`, `moving_average`, or `learned` (input-dependent,
    Huber loss, on top of the moving average), over a running standard deviation where
    `normalise` (D-NTM, section 4). `entropy_weight` rewards the entropy of the weightings, in nats.
    """

    discrete = True

    def __init__(
        self,
        *,
        baseline: str = "learned",
        return_to_go: bool = True,
        normalise: bool = True,
        entropy_weight: float = 0.01,
        weight: float = 1.0,
    ) -> None:
        super().__init__()
        self.advantage = Advantage(baseline, return_to_go=return_to_go, normalise=normalise)
        self.entropy_weight = entropy_weight
        self.weight = weight

    def bind(self, feature_size: int) -> None:
        self.advantage.bind(feature_size)

    def forward(self, weighting_BHN: Tensor) -> Address:
        prob_BHN = _with_no_op(weighting_BHN)
        if self.training:
            choice_BH = torch.multinomial(prob_BHN.detach().flatten(0, 1), 1)
            choice_BH = choice_BH.view(prob_BHN.shape[:2])
        else:
            choice_BH = prob_BHN.argmax(-1)
        return chosen(weighting_BHN, choice_BH)

    def loss(self, address: Address, cost_TB: Tensor, features_TBC: Tensor | None = None) -> Tensor:
        advantage_TB, baseline_loss = self.advantage(cost_TB.detach(), features_TBC)
        score = (address.log_prob_BH.sum(-1) * advantage_TB).sum(0).mean()
        entropy = address.entropy_BH.sum((0, -1)).mean()
        return self.weight * score - self.entropy_weight * entropy + baseline_loss


@estimators.register("annealed")
class Annealed(Estimator):
    """From one estimator to another: the first with probability 1/sqrt(1 + kt) in minibatch t.

    The continuous-to-discrete curriculum of D-NTM (section 4.3; `rate` k = 0.0015 in the authors'
    code); one draw holds for the whole minibatch. In `eval()` the second is used.
    """

    discrete = True

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
        _require(rate >= 0, "rate must be at least 0")
        self.first: Estimator = estimators.get(first)(**(first_options or {}))
        self.then: Estimator = estimators.get(then)(**(then_options or {}))
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
        return self._active(weighting_BHN)

    def loss(self, address: Address, cost_TB: Tensor, features_TBC: Tensor | None = None) -> Tensor:
        return self._active.loss(address, cost_TB, features_TBC)

    def bind(self, feature_size: int) -> None:
        self.first.bind(feature_size)
        self.then.bind(feature_size)

    def advance(self) -> None:
        self.first.advance()
        self.then.advance()
        self.updates += 1
        self.use_first.copy_(torch.rand(()) < self.probability)

    @property
    def _active(self) -> Estimator:
        return self.first if self.training and bool(self.use_first) else self.then


def chosen(weighting_BHN: Tensor, choice_BH: Tensor) -> Address:
    """The sparse address of chosen slots with their log-probabilities; choice N is the no-op."""
    slots = weighting_BHN.shape[-1]
    prob_BHN = _with_no_op(weighting_BHN)
    prob_BH = prob_BHN.gather(-1, choice_BH.unsqueeze(-1)).squeeze(-1)
    return Address(
        weights_BHK=(choice_BH < slots).unsqueeze(-1).to(weighting_BHN.dtype),
        slots_BHK=choice_BH.clamp_max(slots - 1).unsqueeze(-1),
        log_prob_BH=prob_BH.clamp_min(PROBABILITY_FLOOR).log(),
        entropy_BH=entropy(weighting_BHN),
    )


def entropy(weighting_BHN: Tensor) -> Tensor:
    """Entropy in nats of a weighting and its no-op, (B, H)."""
    prob_BHN = _with_no_op(weighting_BHN)
    return -(prob_BHN * prob_BHN.clamp_min(PROBABILITY_FLOOR).log()).sum(-1)


def _dense(weighting_BHN: Tensor, weights_BHN: Tensor) -> Address:
    nothing_BH = weighting_BHN.new_zeros(weighting_BHN.shape[:2])
    return Address(weights_BHN, None, nothing_BH, entropy(weighting_BHN))


def _with_no_op(weighting_BHN: Tensor) -> Tensor:
    rest_BH1 = (1 - weighting_BHN.sum(-1, keepdim=True)).clamp_min(0)
    return torch.cat([weighting_BHN, rest_BH1], -1)


def _one_hot(choice_BH: Tensor, like_BHN: Tensor) -> Tensor:
    return torch.zeros_like(like_BHN).scatter(-1, choice_BH.unsqueeze(-1), 1.0)


def _mode(weighting_BHN: Tensor) -> Tensor:
    prob_BHN = _with_no_op(weighting_BHN)
    return _one_hot(prob_BHN.argmax(-1), prob_BHN)[..., :-1]


def _straight_through(hard_BHN: Tensor, soft_BHN: Tensor) -> Tensor:
    # the difference is exactly zero, so the forward value is exactly the hard one
    return hard_BHN + (soft_BHN - soft_BHN.detach())


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise ValueError(message)
