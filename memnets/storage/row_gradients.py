"""Gradients of the rows that a sequence wrote, by entry: the place of a row in the order of writes.

Nothing here is as large as the memory: a backward pass sums into a tensor of as many rows as the
sequence wrote, made when it first meets one of them and dropped when it ends.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor
from torch.autograd import Variable

START = 0
"""The entry of every row that the sequence has not written."""


class RowGradients:
    """Numbers the rows written in a sequence, and sums their gradients in each backward pass.

    Entries are never given twice, so that continuations of one state from which several sequences
    go on keep apart, and passes are kept apart by autograd's own number of them.
    """

    def __init__(self, entries: int = START + 1) -> None:
        self.entries = entries
        self._sums: dict[int, tuple[Tensor, Tensor]] = {}

    def after(self) -> RowGradients:
        """For what is written from here on alone: gradients of earlier entries go nowhere."""
        return RowGradients(self.entries)

    def number(self, count: int) -> int:
        """The first of so many new entries, for each row of the batch."""
        self.entries += count
        return self.entries - count

    def add(self, entries_BK: Tensor, gradient_BKW: Tensor) -> None:
        """Add to the gradients of some entries; one named twice gets both."""
        sum_BEW, offsets_B1 = self._sum(gradient_BKW)
        at = (entries_BK + offsets_B1).flatten()
        sum_BEW.flatten(0, 1).index_add_(0, at, gradient_BKW.flatten(0, 1))

    def add_scanned(self, entries_BN: Tensor, gradient_BNW: Tensor) -> None:
        """Add the gradients of all slots, of which most hold no entry."""
        sum_BEW, _ = self._sum(gradient_BNW)
        b, n = (entries_BN != START).nonzero(as_tuple=True)
        at = b, entries_BN[b, n].long()
        sum_BEW.index_put_(at, gradient_BNW[b, n], accumulate=True)

    def of(self, first: int, count: int) -> Tensor | None:
        """The sums of so many entries from one on; None where this pass has met none at all."""
        sum_BEW, _ = self._sums.get(_current_pass(), (None, None))
        return None if sum_BEW is None else sum_BEW[:, first : first + count].clone()

    def _sum(self, like_BKW: Tensor) -> tuple[Tensor, Tensor]:
        """The sums of this pass, (B, E, W), and where those of each batch row begin, (B, 1)."""
        current = _current_pass()
        if current not in self._sums:
            (B, _, W), E = like_BKW.shape, self.entries
            offsets_B1 = torch.arange(0, B * E, E, device=like_BKW.device).unsqueeze(1)
            self._sums[current] = like_BKW.new_zeros(B, E, W), offsets_B1
            Variable._execution_engine.queue_callback(partial(self._drop, current))
        return self._sums[current]

    def _drop(self, finished: int) -> None:
        del self._sums[finished]


def _current_pass() -> int:
    return torch._C._current_graph_task_id()
