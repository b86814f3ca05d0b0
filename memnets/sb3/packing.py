"""A network's state as the two vectors that stable-baselines3 keeps for an LSTM."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from ..network import MemoryNetwork
from ..types import NetworkState

Packed = tuple[Tensor, Tensor]
"""Two halves of all numbers of a state, each (1, B, Z)."""


class Packing:
    """Packs states of one network into two halves of a vector, and back.

    The last number says whether the state is one: recurrent algorithms begin an episode by zeros,
    and zeros stand for the network's own initial state, whatever it holds, learned parts included.
    Whole numbers (slots) become floating-point numbers, exactly up to 2^24 in float32.
    """

    def __init__(self, network: MemoryNetwork) -> None:
        """Raises ValueError where the state holds more than tensors (a persistent memory)."""
        with torch.no_grad():
            leaves, self._spec = pytree.tree_flatten(network.initial_state(1))
        for leaf in leaves:
            if leaf is not None and not isinstance(leaf, Tensor):
                raise ValueError(
                    f"an agent's state is numbers, and that of {type(network.cell).__name__} holds "
                    f"a {type(leaf).__name__}: take a cell without `persistent`"
                )
        self._kept = [None if leaf is None else (leaf.shape[1:], leaf.dtype) for leaf in leaves]
        self._sizes = [leaf[0].numel() for leaf in self._kept if leaf is not None]
        self.half_size = (sum(self._sizes) + 2) // 2
        """Numbers of each half: half of those of a state and of the one that says it is one."""

    def pack(self, state: NetworkState) -> Packed:
        """The two halves of a state of B sequences."""
        flat_BZ = self._flat(state)
        ones_B1 = flat_BZ.new_ones(len(flat_BZ), 1)
        room = 2 * self.half_size - flat_BZ.shape[1] - 1
        whole_BZ = torch.cat([flat_BZ, flat_BZ.new_zeros(len(flat_BZ), room), ones_B1], 1)
        first_BZ, second_BZ = whole_BZ.unsqueeze(0).split(self.half_size, -1)
        return first_BZ.contiguous(), second_BZ.contiguous()

    def unpack(self, packed: Packed, first: NetworkState) -> NetworkState:
        """The state that was packed; `first` in the rows of zeros."""
        whole_BZ = torch.cat([half.squeeze(0) for half in packed], -1)
        flat_BZ = whole_BZ[:, : sum(self._sizes)]
        flat_BZ = torch.where(whole_BZ[:, -1:] > 0.5, flat_BZ, self._flat(first))
        parts = iter(flat_BZ.split(self._sizes, -1))
        leaves = [None if kept is None else _shaped(next(parts), *kept) for kept in self._kept]
        state: NetworkState = pytree.tree_unflatten(leaves, self._spec)
        return state

    def _flat(self, state: NetworkState) -> Tensor:
        like = state.read_BO
        leaves: list[Any] = [leaf for leaf in pytree.tree_leaves(state) if leaf is not None]
        return torch.cat([leaf.reshape(len(like), -1).to(like) for leaf in leaves], 1)


def _shaped(part_BZ: Tensor, shape: torch.Size, dtype: torch.dtype) -> Tensor:
    part = part_BZ.reshape(len(part_BZ), *shape)
    return part if dtype.is_floating_point else part.round().to(dtype)
