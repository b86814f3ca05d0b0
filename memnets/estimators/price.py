"""A price on the entropy of the weightings, charged once the task is learned."""

from __future__ import annotations

from torch import Tensor, nn

from ..options import require_number
from ..types import Address
from .gate import Gate


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
