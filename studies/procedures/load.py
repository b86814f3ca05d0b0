"""How the slots of a memory share the work: which are never used, and how evenly the others are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from memnets.types import Address

from .base import Row

UNUSED = {"write": "unwritten", "read": "unread"}
"""What heads do, as their names begin, and the column of the slots to which none does it."""


class Load:
    """How much each head uses each slot over the steps of a batch, added up part by part."""

    def __init__(self, heads: Sequence[str], slots: int) -> None:
        self.heads, self.slots = heads, slots
        self.total_HN: Tensor | None = None
        self.most_HN: Tensor | None = None

    def add(self, address: Address) -> None:
        """Counts the addresses of a rollout, every field stacked over time; none without heads."""
        if not address.weights_BHK.shape[-2]:
            return
        total_HN, most_HN = _of_each_slot(address, self.slots)
        if self.total_HN is not None and self.most_HN is not None:
            total_HN, most_HN = self.total_HN + total_HN, self.most_HN.maximum(most_HN)
        self.total_HN, self.most_HN = total_HN, most_HN

    def row(self) -> Row:
        """Columns of a test, each None where there is no such head.

        `unwritten`, `unread`: the share of slots that a head never used, mean over the heads that
        write or read. A slot is used where a weight is above half of an equal share of all slots.
        `write_use_entropy`, `read_use_entropy`: the entropy in nats of a head's use over the slots,
        all steps and sequences together; at most the logarithm of the number of slots.
        """
        found: Row = {}
        for kind, column in UNUSED.items():
            at = [n for n, name in enumerate(self.heads) if name.startswith(kind)]
            unused = entropy = None
            if at and self.total_HN is not None and self.most_HN is not None:
                is_unused_HN = self.most_HN[at] <= 0.5 / self.slots
                unused = is_unused_HN.double().mean().item()
                sum_H1 = self.total_HN[at].sum(-1, keepdim=True)
                # a head that touched nothing has no spread
                use_HN = self.total_HN[at] / sum_H1.where(sum_H1 > 0, 1.0)
                entropy = torch.special.entr(use_HN).sum(-1).mean().item()
            found |= {column: unused, f"{kind}_use_entropy": entropy}
        return found


def of_rows(address: Address, rows: np.ndarray) -> Address:
    """The addresses of some sequences of a rollout."""
    return Address(*(None if part is None else part[:, rows] for part in address))  # type: ignore[arg-type]


def _of_each_slot(address: Address, slots: int) -> tuple[Tensor, Tensor]:
    """The sum and the largest of the weights of every head and slot, (H, N) each."""
    weights_HZK = address.weights_BHK.movedim(-2, 0).flatten(1, -2)
    if address.slots_BHK is None:
        return weights_HZK.sum(1, dtype=torch.float64), weights_HZK.amax(1).double()
    # never dense: there may be millions of slots
    weights_HZ = weights_HZK.flatten(1).double()
    slots_HZ = address.slots_BHK.movedim(-2, 0).flatten(1)
    none_HN = weights_HZ.new_zeros(len(weights_HZ), slots)
    total_HN = none_HN.scatter_add(1, slots_HZ, weights_HZ)
    return total_HN, none_HN.scatter_reduce(1, slots_HZ, weights_HZ, "amax")
