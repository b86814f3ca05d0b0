"""Regularisers: further terms of the loss, by which a paper rewards some addresses or states.

loss = cost + estimator.loss(...) + sum(term(rollout, inputs, **told) for term in regularisers)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from inspect import signature
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from .network import MemoryNetwork
from .options import check_options, require_number
from .registry import regularisers as regularisers
from .types import Rollout

register = regularisers.register

TOLD = ("targets_TBY", "mask_TB", "sources_TB")
"""What a term may be told of a batch."""


class Regulariser(nn.Module, ABC):
    """Built as Regulariser(network, **options); may have parameters of its own.

    One that wants to know more of the batch has keyword parameters for it in its `forward`, of
    these names: `targets_TBY`, `mask_TB` (true where the answer is scored) and `sources_TB` (the
    step whose input is the answer, -1 where none is; None where the task does not say). `wanted`
    tells which. All others are called with rollout and inputs alone.
    """

    @abstractmethod
    def forward(self, rollout: Rollout, inputs_TBX: Tensor) -> Tensor:
        """A scalar to add to the loss, a mean over the batch."""

    def wanted(self) -> tuple[str, ...]:
        """What of the batch the term is to be told, beside the inputs."""
        return tuple(name for name in TOLD if name in signature(self.forward).parameters)


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
        self.heads = _Heads("read_write_consistency", network)

    def forward(self, rollout: Rollout, inputs_TBX: Tensor) -> Tensor:
        return self.weight * read_write_gap(*self.heads.mean(rollout))


@regularisers.register("address_supervision")
class AddressSupervision(Regulariser):
    """Says where the answer lies: read now where the input that is the answer was written.

    λ Σ_t -log((w_tᵀ u_s(t) + floor) / (1 + floor)), s(t) the step that the task names for step t
    (`Task.sources`), w_t a read address, u_s a write address; several heads are averaged. Where two
    addresses have nothing in common, the gradient is that of `floor`: a larger one suits addresses
    that choose. Its gradient is that of the addresses: sampled ones of REINFORCE have none.

    Raises ValueError at the first batch of a task that does not name such steps.
    """

    def __init__(self, network: MemoryNetwork, *, weight: float = 0.1, floor: float = 1e-6) -> None:
        super().__init__()
        require_number("weight", weight, least=0)
        require_number("floor", floor, above=0)
        self.weight, self.floor = weight, floor
        self.heads = _Heads("address_supervision", network)

    def forward(
        self, rollout: Rollout, inputs_TBX: Tensor, *, sources_TB: Tensor | None = None
    ) -> Tensor:
        if sources_TB is None:
            raise ValueError("address_supervision needs a task that says where its answers lie")
        return self.weight * missed_sources(*self.heads.mean(rollout), sources_TB, self.floor)


@regularisers.register("next_input")
class NextInput(Regulariser):
    """Asks the controller's output to predict the next input, bit by bit (D-NTM).

    Cross-entropy of one linear map's logits, in nats; inputs must lie in [0, 1].
    """

    def __init__(self, network: MemoryNetwork, *, weight: float = 0.1) -> None:
        super().__init__()
        require_number("weight", weight, least=0)
        if network.embedding is not None:
            raise ValueError("next_input needs inputs of bits or one-hots, not indices of symbols")
        self.weight = weight
        self.predict = nn.Linear(network.controller.output_size, network.input_size)

    def forward(self, rollout: Rollout, inputs_TBX: Tensor) -> Tensor:
        if bool((inputs_TBX < 0).any() | (inputs_TBX > 1).any()):
            raise ValueError("next_input needs inputs between 0 and 1, such as bits or one-hots")
        logits_TBX = self.predict(rollout.hidden_TBC[:-1])
        cost = binary_cross_entropy_with_logits(logits_TBX, inputs_TBX[1:], reduction="none")
        return self.weight * cost.sum((0, -1)).mean()


class _Heads:
    """Read and write addresses of a rollout, each averaged over its heads."""

    def __init__(self, owner: str, network: MemoryNetwork) -> None:
        self.slots = network.cell.slots
        self.writes = sum(name.startswith("write") for name in network.cell.heads)
        if not 0 < self.writes < len(network.cell.heads):
            raise ValueError(f"{owner} needs a memory with write and read heads")

    def mean(self, rollout: Rollout) -> tuple[Tensor, Tensor]:
        """Reads (T, B, N) and writes (T, B, N)."""
        weights_TBHN = rollout.address.dense(self.slots)
        return weights_TBHN[:, :, self.writes :].mean(2), weights_TBHN[:, :, : self.writes].mean(2)


def read_write_gap(reads_TBN: Tensor, writes_TBN: Tensor) -> Tensor:
    """Σ_t (1 - (1/t Σ_{s≤t} u_s)ᵀ w_t)², mean over the batch (D-NTM)."""
    steps_T11 = torch.arange(1, len(writes_TBN) + 1, device=writes_TBN.device).view(-1, 1, 1)
    mean_TBN = writes_TBN.cumsum(0) / steps_T11
    return (1 - (mean_TBN * reads_TBN).sum(-1)).square().sum(0).mean()


def missed_sources(
    reads_TBN: Tensor, writes_TBN: Tensor, sources_TB: Tensor, floor: float
) -> Tensor:
    """Σ_t -log((w_tᵀ u_s(t) + floor) / (1 + floor)) over steps with a source s(t) ≥ 0, batch mean.

    Zero where every such read is where the source was written; -log w_tᵀ u_s(t) as `floor` falls.
    """
    source_TBN = sources_TB.clamp(min=0).unsqueeze(-1).expand_as(writes_TBN)
    shared_TB = (reads_TBN * writes_TBN.gather(0, source_TBN)).sum(-1)
    cost_TB = -((shared_TB + floor) / (1 + floor)).log()
    return cost_TB.where(sources_TB >= 0, 0.0).sum(0).mean()
