"""What an estimator is."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

from ..types import Address


class Estimator(nn.Module, ABC):
    """Makes addresses out of weightings and supplies the gradient that a discrete choice loses.

    Built as Estimator(**options). One that has a parameter `feature_size` is built with the width C
    of the features that its `loss` will be given, which are the controller's outputs. One that is
    made of others takes the name of each as an option, such as `first`, and its options as
    `first_options`.
    """

    discrete: bool
    rollouts: int = 1
    """Sampled rollouts per sequence that `loss` wants beside each other in the batch."""

    @abstractmethod
    def forward(self, weighting_BHN: Tensor) -> Address:
        """The address to use for a weighting whose rows sum to at most one."""

    def loss(self, address: Address, cost_TB: Tensor, features_TBC: Tensor | None = None) -> Tensor:
        """Completes the gradient of `cost_TB.sum(0).mean()`: a surrogate; zero if none is missing.

        `address` is that of the rollout (every field stacked over time), `cost_TB` the cost of each
        step in nats, `features_TBC` the controller's outputs, for a learned baseline.
        """
        return cost_TB.new_zeros(())

    @property
    def has_loss(self) -> bool:
        """Whether `loss` ever adds anything; no, where the address itself has a gradient."""
        return type(self).loss is not Estimator.loss

    def in_force(self) -> Estimator:
        """What makes the addresses of this minibatch: itself, or an estimator that it holds."""
        return self

    def spread(self, batch_TBZ: Tensor) -> Tensor:
        """The batch with each sequence repeated, side by side, once per rollout of `rollouts`."""
        return batch_TBZ if self.rollouts == 1 else batch_TBZ.repeat_interleave(self.rollouts, 1)

    def advance(self) -> None:
        """Moves schedules on; called by the training loop after every update."""
