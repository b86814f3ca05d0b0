"""What an estimator is."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

from ..types import Address


class Estimator(nn.Module, ABC):
    """Makes addresses out of weightings and supplies the gradient that discreteness loses."""

    discrete: bool
    rollouts: int = 1
    """Sampled rollouts per sequence that `loss` wants beside each other in the batch."""

    @abstractmethod
    def forward(self, weighting_BHN: Tensor) -> Address:
        """The address to use for a weighting whose rows sum to at most one."""

    def loss(self, address: Address, cost_TB: Tensor, features_TBC: Tensor | None = None) -> Tensor:
        """Completes the gradient of `cost_TB.sum(0).mean()`: a surrogate; zero if none is missing.

        `address` is that of the rollout (every field stacked over time), `cost_TB` the cost of each
        step in nats, `features_TBC` what a learned baseline may look at (the controller's outputs).
        """
        return cost_TB.new_zeros(())

    def spread(self, batch_TBX: Tensor) -> Tensor:
        """Each sequence of a batch as many times, side by side, as `loss` wants rollouts of it."""
        return batch_TBX if self.rollouts == 1 else batch_TBX.repeat_interleave(self.rollouts, 1)

    def bind(self, feature_size: int) -> None:
        """Told once, by the network, the width C of the features that `loss` will be given."""

    def advance(self) -> None:
        """Moves schedules on; called by the training loop after every update."""
