"""TARDIS: wormhole connections through a memory of past states (Gulcehre et al., 2017)."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from ..equations import memory, scores
from ..estimators import Estimator
from ..interface import Interface
from ..options import require_number, require_positive
from ..registry import cells
from ..storage import Memory, Start
from ..types import Address, join_heads
from .base import MemoryCell


class TARDISState(NamedTuple):
    """Contents, how often each cell was read, where was read last, and the cells filled so far."""

    content_BNW: Memory
    usage_BN: Tensor
    read_BN: Tensor
    filled_B: Tensor


@cells.register("tardis")
class TARDIS(MemoryCell[TARDISState]):
    """Fills its cells in order, then overwrites the cell that it just read (TARDIS).

    Each cell has a learned key of `key_width` and a written content, a projection of h_t (the
    micro-state). The read weighting is the softmax of a learned score of h_t, key, content and the
    standardised read counts, lowered by `penalty` where was read last. Reads M_{t-1}, then writes.
    No gradient passes through read counts, penalty or write address.

    Two differences from the paper: the score sees h_t where it has [x_t ; h_{t-1}], because a cell
    here comes after its controller; and the paper's two gates on h and r inside the controller's
    candidate are left out, because controllers here are shared by all cells.

    A `persistent` memory takes writes at the cost of a row; the score still looks at every cell.
    """

    heads = ("write", "read")
    contents: ClassVar = ("content_BNW",)

    def __init__(
        self,
        input_size: int,
        estimator: Estimator,
        *,
        slots: int = 50,
        width: int = 32,
        key_width: int = 5,
        score_width: int = 32,
        penalty: float = 100.0,
        persistent: bool = False,
    ) -> None:
        super().__init__()
        require_positive(slots=slots, width=width, key_width=key_width, score_width=score_width)
        require_number("penalty", penalty, least=0)
        self.estimator = estimator
        self.slots, self.width, self.penalty = slots, width, penalty
        self.bookkeeping = () if penalty else ("read_BN",)
        self.start = Start(slots, width, persistent=persistent)
        self.read_size = width
        self.score_width = score_width
        self.interface = Interface(input_size, self.shapes)
        self.key = nn.Parameter(0.15 * torch.randn(slots, key_width))
        self.row = nn.Linear(key_width + width + 1, score_width, bias=False)
        self.vector = nn.Parameter(torch.randn(score_width) / score_width**0.5)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The parameters of write and read, as the interface cuts them, with their shapes."""
        return {"micro": (1, self.width), "score": (self.score_width,)}

    def initial_state(self, batch_size: int) -> TARDISState:
        return TARDISState(
            content_BNW=self.start.memory(batch_size, self.key),
            usage_BN=self.key.new_zeros(batch_size, self.slots),
            read_BN=self.key.new_zeros(batch_size, self.slots),
            filled_B=self.key.new_zeros(batch_size),
        )

    def forward(self, h_BC: Tensor, state: TARDISState) -> tuple[Tensor, TARDISState, Address]:
        head = self.interface(h_BC)
        read = self.estimator(self._weighting(head["score"], state).unsqueeze(1))
        read_B1W = memory.read(state.content_BNW, read)
        write = fill_or_overwrite(read, state.filled_B, self.slots)
        erase_B1W = torch.ones_like(head["micro"])
        content_BNW = memory.write(state.content_BNW, write, erase_B1W, head["micro"])
        read_BN = read.dense(self.slots)[:, 0].detach()
        filled_B = (state.filled_B + 1).clamp_max(self.slots)
        after = TARDISState(content_BNW, state.usage_BN + read_BN, read_BN, filled_B)
        return read_B1W.flatten(1), after, join_heads(write, read)

    def _weighting(self, query_BF: Tensor, state: TARDISState) -> Tensor:
        counts_BN1 = scores.standardised(state.usage_BN).unsqueeze(-1)
        learned = self.key, self.row.weight, self.vector
        scores_BN = memory.scan(_scores, state.content_BNW, query_BF, counts_BN1, *learned)
        return scores.avoid(scores_BN, state.read_BN, self.penalty).softmax(-1)


def _scores(
    content_BNW: Tensor,
    query_BF: Tensor,
    counts_BN1: Tensor,
    key_NA: Tensor,
    row_FZ: Tensor,
    vector_F: Tensor,
) -> Tensor:
    keys_BNA = key_NA.expand(query_BF.shape[0], -1, -1)
    rows_BNF = nn.functional.linear(torch.cat([keys_BNA, content_BNW, counts_BN1], -1), row_FZ)
    return scores.additive(query_BF, rows_BNF, vector_F)


def fill_or_overwrite(read: Address, filled_B: Tensor, slots: int) -> Address:
    """The next empty cell while there is one, then the cell just read (TARDIS: w^w).

    In the form of the read address, (B, 1, K); nothing is chosen and no gradient passes.
    """
    weights_B1K = read.weights_BHK.detach()
    filling_B11 = (filled_B < slots).view(-1, 1, 1)
    next_B11 = filled_B.long().clamp_max(slots - 1).view(-1, 1, 1)
    if read.slots_BHK is None:
        fresh_B1N = torch.zeros_like(weights_B1K).scatter(-1, next_B11, 1.0)
        return Address.of(torch.where(filling_B11, fresh_B1N, weights_B1K))
    first_B1K = torch.zeros_like(weights_B1K)
    first_B1K[..., 0] = 1.0
    return Address.of(
        torch.where(filling_B11, first_B1K, weights_B1K),
        torch.where(filling_B11, next_B11, read.slots_BHK),
    )
