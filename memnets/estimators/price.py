"""A price on the entropy of the weightings, charged once the task is learned."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..options import require_number, require_whole
from ..types import Address


class Gate(nn.Module):
    """How far a task is learned: r = max(0, 1 - c / (l c0)), from 0 to 1.

    c is a running mean of the cost of a sequence, with `decay`; c0 the mean of the first `warm`
    updates, during which r is 0; l is `learned`, the share of c0 at which the gate begins to open.
    """

    first: Tensor
    running: Tensor
    updates: Tensor

    def __init__(self, *, learned: float = 0.15, decay: float = 0.98, warm: int = 20) -> None:
        super().__init__()
        require_number("learned", learned, above=0)
        require_number("decay", decay, least=0, below=1)
        require_whole("warm", warm, least=1)
        self.learned, self.decay, self.warm = learned, decay, warm
        self.register_buffer("first", torch.zeros(()))
        self.register_buffer("running", torch.zeros(()))
        self.register_buffer("updates", torch.zeros((), dtype=torch.long))

    @property
    def opening(self) -> Tensor:
        """r, a scalar on the module's device."""
        opening = (1 - self.running / (self.learned * self.first)).clamp_min(0)
        return torch.where(self.updates >= self.warm, opening, torch.zeros_like(opening))

    def see(self, cost_TB: Tensor) -> None:
        """Takes in the cost of a minibatch, in nats."""
        if not cost_TB.numel():
            return
        cost = cost_TB.detach().sum(0).mean().to(self.first)
        self.updates += 1
        in_warm_up = self.updates <= self.warm
        # the mean of all so far, then a running one
        mean = self.first + (cost - self.first) / self.updates
        self.first.copy_(torch.where(in_warm_up, mean, self.first))
        ahead = self.running.lerp(cost, 1 - self.decay)
        self.running.copy_(torch.where(in_warm_up, self.first, ahead))


class Price(nn.Module):
    """`weight` times the gate's opening, for each nat of entropy of a weighting.

    Summed over steps and heads, mean over the batch. While the task is not learned it is free to
    look at many slots; a price from the first update on keeps it from learning.
    """

    def __init__(
        self,
        *,
        weight: float = 0.1,
        learned: float = 0.15,
        decay: float = 0.98,
        warm: int = 20,
    ) -> None:
        super().__init__()
        require_number("weight", weight, least=0)
        self.weight = weight
        self.gate = Gate(learned=learned, decay=decay, warm=warm)

    def forward(self, address: Address, cost_TB: Tensor) -> Tensor:
        """The price of a rollout's addresses, after the gate has seen its cost (T, B) in nats."""
        if not cost_TB.numel():
            return cost_TB.new_zeros(())
        if self.training:
            self.gate.see(cost_TB)
        entropy = address.entropy_BH.sum((0, -1)).mean()
        return self.weight * self.gate.opening.to(entropy) * entropy
