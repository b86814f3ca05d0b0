"""A transformer layer's cache as a memory of keys and values (Vaswani et al., 2017)."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from ..equations import attention
from ..estimators import Estimator
from ..interface import Interface
from ..options import require_one_of, require_positive
from ..registry import cells
from ..types import Address, join_heads
from .base import MemoryCell, head_names

POSITIONS = ("none", "alibi", "rotary")


class AttentionState(NamedTuple):
    """Keys and values of every head, and the number of steps so far."""

    keys_BRNW: Tensor
    values_BRNW: Tensor
    time_B: Tensor


@cells.register("attention")
class Attention(MemoryCell[AttentionState]):
    """Every step's keys and values are kept, and read by scaled dot products.

    A step writes a key and a value for each of the `heads` into the next slot, which is no choice
    of an estimator, and then reads: a head's weighting is the softmax of the scaled dot products of
    its query and its keys, this step's among them. Softly this is causal multi-head attention,
    unrolled; the output projection is left to what is linear in the reads anyway, the readout and
    the controller's input map. With a discrete estimator it is hard attention.

    The store is a ring: when all `slots` are full, the oldest goes. So `slots` is the size of a
    sliding window, and a sequence that is no longer sees all of itself.

    `positions` says how a head knows the age of a key: not at all (a controller that counts can
    tell it), by `alibi`, a price on age (Press et al., 2022), or by `rotary` (Su et al., 2021),
    which turns keys and queries by their time and needs an even width. With `no_op` a head can
    leave a share of its weighting on nothing, or choose nothing.
    """

    contents: ClassVar = ("keys_BRNW", "values_BRNW")

    def __init__(
        self,
        input_size: int,
        estimator: Estimator,
        *,
        slots: int = 128,
        width: int = 64,
        heads: int = 8,
        positions: str = "none",
        no_op: bool = False,
    ) -> None:
        super().__init__()
        require_positive(slots=slots, width=width, heads=heads)
        require_one_of("positions", positions, POSITIONS)
        if positions == "rotary" and width % 2:
            raise ValueError(f"width must be even, to turn pairs by rotary positions, not {width}")
        self.estimator = estimator
        self.slots, self.width, self.reads = slots, width, heads
        self.positions, self.no_op = positions, no_op
        self.heads = head_names(1, heads)
        self.read_size = heads * width
        self.interface = Interface(input_size, self.shapes)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The parameters of the heads, as the interface cuts them, with their shapes."""
        return {name: (self.reads, self.width) for name in ("query", "key", "value")}

    def initial_state(self, batch_size: int) -> AttentionState:
        like = self.interface.linear.weight
        empty_BRNW = like.new_zeros(batch_size, self.reads, self.slots, self.width)
        time_B = torch.zeros(batch_size, dtype=torch.long, device=like.device)
        return AttentionState(empty_BRNW, empty_BRNW, time_B)

    def forward(
        self, h_BC: Tensor, state: AttentionState
    ) -> tuple[Tensor, AttentionState, Address]:
        head, time_B = self.interface(h_BC), state.time_B
        query_BRW, key_BRW = head["query"], head["key"]
        if self.positions == "rotary":
            query_BRW, key_BRW = (attention.rotate(x, time_B) for x in (query_BRW, key_BRW))
        slot_B = time_B.remainder(self.slots)
        keys_BRNW = attention.append(state.keys_BRNW, slot_B, key_BRW)
        values_BRNW = attention.append(state.values_BRNW, slot_B, head["value"])
        read = self.estimator(self._weighting(query_BRW, keys_BRNW, time_B))
        slot_B11 = slot_B.view(-1, 1, 1)
        write = Address.of(torch.ones_like(slot_B11, dtype=h_BC.dtype), slot_B11)
        read_BO = attention.read(values_BRNW, read).flatten(1)
        return read_BO, AttentionState(keys_BRNW, values_BRNW, time_B + 1), join_heads(write, read)

    def _weighting(self, query_BRW: Tensor, keys_BRNW: Tensor, time_B: Tensor) -> Tensor:
        scores_BRN = attention.scores(query_BRW, keys_BRNW)
        age_BN = attention.ages(time_B, self.slots)
        if self.positions == "alibi":
            scores_BRN = attention.alibi(scores_BRN, age_BN)
        written_BN = age_BN <= time_B.unsqueeze(-1)
        return attention.weighting(scores_BRN, written_BN, no_op=self.no_op)
