"""One slot by the Gumbel-max trick, with the gradient of its relaxation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ..options import require_number, require_positive
from ..registry import estimators
from ..types import Address
from .base import ONE_SLOT, SOFT, Estimator
from .choices import (
    PROBABILITY_FLOOR,
    dense,
    gumbel_noise,
    mode,
    one_hot,
    sample,
    straight_through,
    with_no_op,
)


@estimators.register("gumbel")
class Gumbel(Estimator):
    """A Gumbel-softmax sample: relaxed, or one slot with the relaxed gradient (Jang et al., 2017).

    The temperature falls from `temperature` to `final_temperature` geometrically over
    `anneal_updates` updates. In `eval()` the mode is used.
    """

    at_test = ONE_SLOT

    def __init__(
        self,
        *,
        straight_through: bool = True,
        temperature: float = 1.0,
        final_temperature: float = 0.5,
        anneal_updates: int = 10_000,
        price: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(price=price)
        require_number("temperature", temperature, above=0)
        require_number("final_temperature", final_temperature, above=0)
        require_positive(anneal_updates=anneal_updates)
        self.straight_through = straight_through
        self.in_training = ONE_SLOT if straight_through else SOFT
        self.first, self.last = math.log(temperature), math.log(final_temperature)
        self.anneal_updates = anneal_updates
        self.updates: Tensor
        self.register_buffer("updates", torch.zeros((), dtype=torch.long))

    @property
    def temperature(self) -> float:
        """The temperature of the present update."""
        done = min(1.0, int(self.updates) / self.anneal_updates)
        return math.exp(self.first + (self.last - self.first) * done)

    def draw(self, like_BHN: Tensor) -> Tensor:
        *sizes, slots = like_BHN.shape
        return gumbel_noise(*sizes, slots + 1, device=like_BHN.device)

    def forward(self, weighting_BHN: Tensor, drawn_BHU: Tensor | None = None) -> Address:
        if not self.training:
            return dense(weighting_BHN, mode(weighting_BHN))
        log_prob_BHN = with_no_op(weighting_BHN).clamp_min(PROBABILITY_FLOOR).log()
        noise_BHN = self.draw(weighting_BHN) if drawn_BHU is None else drawn_BHU
        # `temperature` on the tensor's own device: a look at its value would make a GPU wait
        done = (self.updates.to(weighting_BHN) / self.anneal_updates).clamp_max(1)
        temperature = (self.first + (self.last - self.first) * done).exp()
        relaxed_BHN = ((log_prob_BHN + noise_BHN.to(log_prob_BHN)) / temperature).softmax(-1)
        if not self.straight_through:
            return dense(weighting_BHN, relaxed_BHN[..., :-1])
        hard_BHN = one_hot(relaxed_BHN.argmax(-1), relaxed_BHN)
        return dense(weighting_BHN, straight_through(hard_BHN, relaxed_BHN)[..., :-1])

    def advance(self) -> None:
        self.updates += 1


@estimators.register("gumbel_rao")
class GumbelRao(Estimator):
    """Straight-through Gumbel, its gradient averaged over the noise (Paulus et al., 2021).

    One sampled slot; the relaxed gradient is the mean over `samples` draws of the Gumbel noise
    given that slot (Rao-Blackwell), which lowers the variance and leaves the bias.
    """

    in_training = at_test = ONE_SLOT

    def __init__(
        self,
        *,
        samples: int = 10,
        temperature: float = 0.5,
        price: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(price=price)
        require_positive(samples=samples)
        require_number("temperature", temperature, above=0)
        self.samples = samples
        self.temperature = temperature

    def forward(self, weighting_BHN: Tensor) -> Address:
        if not self.training:
            return dense(weighting_BHN, mode(weighting_BHN))
        prob_BHN = with_no_op(weighting_BHN).clamp_min(PROBABILITY_FLOOR)
        hard_BHN = one_hot(sample(prob_BHN), prob_BHN)
        logits_BHN = prob_BHN.log()
        perturbed = self._given(hard_BHN, prob_BHN.detach()) - logits_BHN.detach() + logits_BHN
        relaxed_BHN = (perturbed / self.temperature).softmax(-1).mean(0)
        return dense(weighting_BHN, straight_through(hard_BHN, relaxed_BHN)[..., :-1])

    def _given(self, hard_BHN: Tensor, prob_BHN: Tensor) -> Tensor:
        """Draws of log-probability plus Gumbel noise whose largest is the chosen one."""
        waits = prob_BHN.new_empty(self.samples, *prob_BHN.shape).exponential_()
        first = (waits * hard_BHN).sum(-1, keepdim=True)
        total_BH1 = prob_BHN.sum(-1, keepdim=True)
        others = -(waits / prob_BHN + first / total_BH1).log()
        return torch.where(hard_BHN > 0, -(first / total_BH1).log(), others)
