"""What SAM, SDNC and LRUA share, above all the policies by which slots are the least used."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ..equations import sparse
from ..interface import oneplus
from ..options import require_number
from ..storage import LeastRecentlyUsed, Start
from ..types import Address

MEMORY_START = 1e-6
"""Constant starting content. With none, an empty slot written beside the least used one becomes
parallel to it, and rounding would decide between two equal cosines."""


class Usage(ABC):
    """How slots are ordered by their use; the usage itself is part of a cell's state."""

    by_time: ClassVar[bool] = False
    """Whether it hangs on the number of the step."""

    @abstractmethod
    def start(self, batch_size: int, like: Tensor) -> Any:
        """The usage before the first step: no slot was accessed."""

    @abstractmethod
    def least_used(self, usage: Any, count: int) -> Tensor:
        """So many least used slots, (B, count), least first; ties by the lowest index."""

    @abstractmethod
    def after(self, usage: Any, address: Address, time_B: Tensor) -> Any:
        """The usage after the accesses of a step, all its heads together."""


@final
class LastAccess(Usage):
    """By the time of the last access (SAM: U2)."""

    by_time = True

    def __init__(self, slots: int, threshold: float) -> None:
        require_number("threshold", threshold, least=0)
        self.slots, self.threshold = slots, threshold

    def start(self, batch_size: int, like: Tensor) -> Tensor:
        return like.new_zeros(batch_size, self.slots)

    def least_used(self, usage: Tensor, count: int) -> Tensor:
        return sparse.least_used(usage, count)

    def after(self, usage: Tensor, address: Address, time_B: Tensor) -> Tensor:
        accessed_BN = _accessed(address, self.slots)
        return sparse.last_access(usage, accessed_BN, time_B, threshold=self.threshold)


@final
class Ring(Usage):
    """By the time of the last access, without a look at every slot: for persistent memories."""

    def __init__(self, start: Start, threshold: float) -> None:
        require_number("threshold", threshold, least=0)
        self.ring, self.threshold = start, threshold

    def start(self, batch_size: int, like: Tensor) -> LeastRecentlyUsed:
        return self.ring.usage(batch_size, like)

    def least_used(self, usage: LeastRecentlyUsed, count: int) -> Tensor:
        return usage.first(count)

    def after(
        self, usage: LeastRecentlyUsed, address: Address, time_B: Tensor
    ) -> LeastRecentlyUsed:
        return usage.access(address, self.threshold)


@final
class Discounted(Usage):
    """By a discounted sum of all read and write weights (SAM: U1; MANN: w^u)."""

    def __init__(self, slots: int, decay: float) -> None:
        require_number("usage_decay", decay, above=0, most=1)
        self.slots, self.decay = slots, decay

    def start(self, batch_size: int, like: Tensor) -> Tensor:
        return like.new_zeros(batch_size, self.slots)

    def least_used(self, usage: Tensor, count: int) -> Tensor:
        return sparse.least_used(usage, count)

    def after(self, usage: Tensor, address: Address, time_B: Tensor) -> Tensor:
        return sparse.discounted_access(usage, _accessed(address, self.slots), self.decay)


def strengths(head: dict[str, Tensor], given: bool) -> Tensor:
    """The strength of each query: the controller's, or one."""
    return oneplus(head["strength"]) if given else torch.ones_like(head["query"][..., 0])


def require_slots(slots: int, heads: int) -> None:
    """Raises ValueError for more heads than slots: each head writes a slot of its own."""
    if heads > slots:
        raise ValueError(
            f"heads must be at most the {slots} slots, not {heads}: each writes its own"
        )


def _accessed(address: Address, slots: int) -> Tensor:
    return address.dense(slots).sum(1).detach()
