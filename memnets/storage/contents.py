"""What reads and writes ask of the contents of a memory, be they a tensor or persistent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor

from ..types import Address


class Contents(ABC):
    """Contents of a memory, (B, N, W): a value, from which a change makes another.

    What a change gives is the memory itself, as cells keep it in their state.
    """

    @abstractmethod
    def take(self, slots_BK: Tensor) -> Tensor:
        """The rows of some slots, (B, K, W); a slot may be named twice."""

    @abstractmethod
    def clear(self, slots_BK: Tensor) -> Any:
        """The memory with the rows of some slots set to zero."""

    @abstractmethod
    def edit(self, address: Address, change: Callable[..., Tensor], *inputs: Tensor) -> Any:
        """The memory after a change to the slots of an address, which may name them twice.

        `change(rows_BKW, address, *inputs)` returns rows as they are to be. It may be given no more
        than the rows that the address names, with the address on them.
        """

    @abstractmethod
    def scan(self, function: Callable[..., Tensor], *inputs: Tensor) -> Tensor:
        """`function(contents_BNW, *inputs)`, one new tensor, of every slot."""

    @abstractmethod
    def dense(self) -> Tensor:
        """All contents as a tensor, (B, N, W)."""


@final
class TensorContents(Contents):
    """A tensor of contents: a change copies it, as autograd needs it as it was before."""

    def __init__(self, rows_BNW: Tensor) -> None:
        self.rows_BNW = rows_BNW

    def take(self, slots_BK: Tensor) -> Tensor:
        return self.rows_BNW.gather(1, self._index(slots_BK))

    def clear(self, slots_BK: Tensor) -> Tensor:
        return self.rows_BNW.scatter(1, self._index(slots_BK), 0.0)

    def edit(self, address: Address, change: Callable[..., Tensor], *inputs: Tensor) -> Tensor:
        return change(self.rows_BNW, address, *inputs)

    def scan(self, function: Callable[..., Tensor], *inputs: Tensor) -> Tensor:
        return function(self.rows_BNW, *inputs)

    def dense(self) -> Tensor:
        return self.rows_BNW

    def _index(self, slots_BK: Tensor) -> Tensor:
        return slots_BK.unsqueeze(-1).expand(-1, -1, self.rows_BNW.shape[-1])


def contents_of(memory: Tensor | Contents) -> Contents:
    """The contents of a memory; a tensor is taken for the contents themselves."""
    return TensorContents(memory) if isinstance(memory, Tensor) else memory


def first_named(slots_BK: Tensor) -> Tensor:
    """For each slot of a list the place in it where that slot is named first, (B, K)."""
    same_BKK = slots_BK.unsqueeze(-1) == slots_BK.unsqueeze(-2)
    return same_BKK.to(torch.uint8).argmax(-1)
