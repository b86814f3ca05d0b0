"""Addresses moved to slots drawn at random: a test of what it matters where a network points."""

from __future__ import annotations

import torch
from torch import Tensor

from ..types import Address
from .base import Estimator


class Shuffled(Estimator):
    """The addresses of another estimator, each moved by a permutation of the slots.

    The permutation is drawn anew for every sequence, head and step: one that all heads and steps
    shared would only give the slots other names, and what was written would be found again. The
    weights stay, so that an address is as sharp as before, and so does a missing mass. Log-
    probability and entropy are those of the address before.

    `seed` seeds a generator of its own; a CPU generator in its place goes on from where it stands.
    Permutations are the same on every device, and on a network with as many slots and heads.
    """

    def __init__(self, estimator: Estimator, seed: int | torch.Generator) -> None:
        super().__init__()
        self.estimator = estimator
        self.in_training, self.at_test = estimator.in_training, estimator.at_test
        if not isinstance(seed, torch.Generator):
            seed = torch.Generator().manual_seed(seed)
        self._generator = seed

    @property
    def draws(self) -> bool:
        return True

    def forward(self, weighting_BHN: Tensor) -> Address:
        address: Address = self.estimator(weighting_BHN)
        order_BHN = self._orders(weighting_BHN.shape).to(weighting_BHN.device)
        if address.slots_BHK is None:
            still_BHN = torch.zeros_like(address.weights_BHK)
            return address._replace(
                weights_BHK=still_BHN.scatter(-1, order_BHN, address.weights_BHK)
            )
        return address._replace(slots_BHK=order_BHN.gather(-1, address.slots_BHK))

    def _orders(self, shape: torch.Size) -> Tensor:
        """To which slot each slot moves, (B, H, N)."""
        return torch.rand(shape, dtype=torch.float32, generator=self._generator).argsort(-1)
