"""Regularisers: further terms of the loss, by which a paper rewards some addresses or states.

loss = cost + estimator.loss(...) + sum(term(rollout, inputs) for term in regularisers)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from .network import MemoryNetwork
from .options import check_options, require_number
from .registry import regularisers as regularisers
from .types import Rollout

register = regularisers.register


class Regulariser(nn.Module, ABC):
    """Built as Regulariser(network, **options); may have parameters of its own."""

    @abstractmethod
    def forward(self, rollout: Rollout, inputs_TBX: Tensor) -> Tensor:
        """A scalar to add to the loss, a mean over the batch."""


def build(name: str, network: MemoryNetwork, options: Mapping[str, Any]) -> Regulariser:
    """The regulariser of a registered name, for a network.

    Raises ValueError for an option that it does not have, or a registry error, in one line.
    """
    make = regularisers.get(name)
    check_options(name, make, options)
    term: Regulariser = make(network, **options)
    return term


@regularisers.register("address_entropy")
class AddressEntropy(Regulariser):
    """Rewards (or, with a weight below zero, penalises) the entropy of the weightings, in nats.

    Summed over steps and heads: λ_H of D-NTM, for any estimator.
    """

    def __init__(self, network: MemoryNetwork, *, weight: float = 1e-3) -> None:
        super().__init__()
        require_number("weight", weight)
        self.weight = weight

    def forward(self, rollout: Rollout, inputs_TBX: Tensor) -> Tensor:
        return -self.weight * rollout.address.entropy_BH.sum((0, -1)).mean()


@regularisers.register("read_write_consistency")
class ReadWriteConsistency(Regulariser):
    """Asks that what is read has been written: λ Σ_t (1 - ū_tᵀ w_t)² (D-NTM).

    ū_t is the mean of all write addresses up to t, w_t a read address; several heads are averaged.
    Its gradient is that of the addresses: sampled ones of REINFORCE have none, so there it is idle.
    """

    def __init__(self, network: MemoryNetwork, *, weight: float = 6e-4) -> None:
        super().__init__()
        require_number("weight", weight, least=0)
        self.weight = weight
        self.slots = network.cell.slots
        self.writes = sum(name.startswith("write") for name in network.cell.heads)
        if not 0 < self.writes < len(network.cell.heads):
            raise ValueError("read_write_consistency needs a memory with write and read heads")

    def forward(self, rollout: Rollout, inputs_TBX: Tensor) -> Tensor:
        weights_TBHN = rollout.address.dense(self.slots)
        return self.weight * read_write_gap(
            weights_TBHN[:, :, self.writes :].mean(2), weights_TBHN[:, :, : self.writes].mean(2)
        )


@regularisers.register("next_input")
class NextInput(Regulariser):
    """Asks the controller's output to predict the next input, bit by bit (D-NTM).

    Cross-entropy of one linear map's logits, in nats; inputs must lie in [0, 1].
    """

    def __init__(self, network: MemoryNetwork, *, weight: float = 0.1) -> None:
        super().__init__()
        require_number("weight", weight, least=0)
        self.weight = weight
        self.predict = nn.Linear(network.controller.output_size, network.input_size)

    def forward(self, rollout: Rollout, inputs_TBX: Tensor) -> Tensor:
        if bool((inputs_TBX < 0).any() | (inputs_TBX > 1).any()):
            raise ValueError("next_input needs inputs between 0 and 1, such as bits or one-hots")
        logits_TBX = self.predict(rollout.hidden_TBC[:-1])
        cost = binary_cross_entropy_with_logits(logits_TBX, inputs_TBX[1:], reduction="none")
        return self.weight * cost.sum((0, -1)).mean()


def read_write_gap(reads_TBN: Tensor, writes_TBN: Tensor) -> Tensor:
    """Σ_t (1 - (1/t Σ_{s≤t} u_s)ᵀ w_t)², mean over the batch (D-NTM)."""
    steps_T11 = torch.arange(1, len(writes_TBN) + 1, device=writes_TBN.device).view(-1, 1, 1)
    mean_TBN = writes_TBN.cumsum(0) / steps_T11
    return (1 - (mean_TBN * reads_TBN).sum(-1)).square().sum(0).mean()
