"""Differentiable addresses: the whole weighting, or the largest part of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ..options import require_number, require_positive, require_whole
from ..registry import estimators
from ..types import Address
from .base import K_SLOTS, SOFT, Estimator
from .choices import PROBABILITY_FLOOR, dense, entropy, gumbel_noise, largest


@estimators.register("soft")
class Soft(Estimator):
    """The weighting itself: every slot, differentiable (NTM, section 3)."""

    in_training = at_test = SOFT
    repeatable = True

    def forward(self, weighting_BHN: Tensor) -> Address:
        return dense(weighting_BHN, weighting_BHN)


@estimators.register("top_k")
class TopK(Estimator):
    """The k most probable slots, differentiable, the rest dropped (SAM).

    The paper truncates, so what is dropped is no-op; `renormalise` scales the kept weights back to
    the mass of the whole weighting. Addresses are sparse: k rows are read and written.
    """

    in_training = at_test = K_SLOTS
    repeatable = True

    def __init__(
        self,
        *,
        k: int = 4,
        renormalise: bool = False,
        price: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(price=price)
        require_positive(k=k)
        self.k = k
        self.renormalise = renormalise

    def forward(self, weighting_BHN: Tensor) -> Address:
        slots_BHK = largest(weighting_BHN, self.k)
        return of_slots(weighting_BHN, slots_BHK, renormalise=self.renormalise)


@estimators.register("noisy_top_k")
class NoisyTopK(Estimator):
    """The k slots that are largest under noise in training, and without it at test (Raven, 2026).

    The noise is Gumbel's times `noise`, on log-probabilities: at 1 the slots are a sample of k
    without replacement. With `anneal` it falls in equal steps to nothing over so many updates. The
    kept weights are those of the weighting, scaled to its mass where `renormalise`; the gradient
    passes through them as through `top_k`'s.
    """

    in_training = at_test = K_SLOTS

    def __init__(
        self,
        *,
        k: int = 4,
        noise: float = 1.0,
        renormalise: bool = True,
        anneal: int | None = None,
        price: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(price=price)
        require_positive(k=k)
        require_number("noise", noise, least=0)
        if anneal is not None:
            require_whole("anneal", anneal)
        self.k, self.first, self.renormalise, self.anneal = k, noise, renormalise, anneal
        self.updates: Tensor | None
        # none without a schedule: files of networks that have none stay as they were
        updates = None if anneal is None else torch.zeros((), dtype=torch.long)
        self.register_buffer("updates", updates)

    @property
    def noise(self) -> float | Tensor:
        """What the Gumbel noise is multiplied by in the present update."""
        if self.updates is None or self.anneal is None:
            return self.first
        # on the tensor's own device: a look at its value would make a GPU wait
        return self.first * (1 - self.updates.double() / self.anneal).clamp_min(0)

    def draw(self, like_BHN: Tensor) -> Tensor:
        return gumbel_noise(*like_BHN.shape, device=like_BHN.device)

    def forward(self, weighting_BHN: Tensor, drawn_BHU: Tensor | None = None) -> Address:
        if not self.training:
            slots_BHK = largest(weighting_BHN, self.k)
            return of_slots(weighting_BHN, slots_BHK, renormalise=self.renormalise)
        noise_BHN = self.draw(weighting_BHN) if drawn_BHU is None else drawn_BHU
        log_prob_BHN = weighting_BHN.detach().clamp_min(PROBABILITY_FLOOR).log()
        scores_BHN = log_prob_BHN + self.noise * noise_BHN.to(log_prob_BHN)
        order_BHN = scores_BHN.sort(dim=-1, descending=True, stable=True).indices
        slots_BHK = order_BHN[..., : self.k].sort(-1).values
        return of_slots(weighting_BHN, slots_BHK, renormalise=self.renormalise)

    def advance(self) -> None:
        if self.updates is not None:
            self.updates += 1


def of_slots(weighting_BHN: Tensor, slots_BHK: Tensor, *, renormalise: bool) -> Address:
    """The sparse address of some slots with their weights.

    `renormalise` scales these to the mass of the whole weighting.
    """
    weights_BHK = weighting_BHN.gather(-1, slots_BHK)
    if renormalise:
        kept_BH1 = weights_BHK.sum(-1, keepdim=True).clamp_min(PROBABILITY_FLOOR)
        weights_BHK = weights_BHK * weighting_BHN.sum(-1, keepdim=True) / kept_BH1
    return Address.of(weights_BHK, slots_BHK, entropy_BH=entropy(weighting_BHN))
