"""Least recently used access: the memory of MANN (Santoro, Bartunov et al., 2016)."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from torch import Tensor

from ..equations import content, memory, sparse
from ..estimators import Estimator
from ..interface import Interface
from ..options import require_number, require_positive
from ..registry import cells
from ..types import Address, join_heads
from .access import MEMORY_START, require_slots, strengths
from .base import MemoryCell, head_names


class LRUAState(NamedTuple):
    """Contents, usage, and where each head read last, in its form."""

    memory_BNW: Tensor
    usage_BN: Tensor
    weights_BHK: Tensor
    slots_BHK: Tensor | None


@cells.register("lrua")
class LRUA(MemoryCell[LRUAState]):
    """Writes its key where it just read or into the least used slot (MANN).

    The write goes by the previous read address and makes no choice of its own. Head h takes, and
    zeroes, the h-th least used slot. Writes first, then reads M_t with the key that was written;
    `read_first` has it address and read M_{t-1} instead. `key_strength` scales the cosine inside
    the softmax by a strength from the controller, which the paper does without.
    """

    contents: ClassVar = ("memory_BNW",)

    def __init__(
        self,
        input_size: int,
        estimator: Estimator,
        *,
        slots: int = 128,
        width: int = 40,
        heads: int = 4,
        usage_decay: float = 0.95,
        key_strength: bool = False,
        read_first: bool = False,
    ) -> None:
        super().__init__()
        require_positive(slots=slots, width=width, heads=heads)
        require_slots(slots, heads)
        require_number("usage_decay", usage_decay, above=0, most=1)
        self.estimator = estimator
        self.slots, self.width, self.pairs = slots, width, heads
        self.usage_decay, self.key_strength, self.read_first = usage_decay, key_strength, read_first
        self.heads = head_names(heads, heads)
        self.read_size = heads * width
        shapes: dict[str, tuple[int, ...]] = {"query": (heads, width), "read_gate": (heads,)}
        self.interface = Interface(
            input_size, shapes | ({"strength": (heads,)} if key_strength else {})
        )

    def initial_state(self, batch_size: int) -> LRUAState:
        like = self.interface.linear.weight
        # nothing was read so far: the address of an empty weighting, dense or sparse as later ones
        read = self.estimator(like.new_zeros(batch_size, self.pairs, self.slots))
        return LRUAState(
            memory_BNW=like.new_full((batch_size, self.slots, self.width), MEMORY_START),
            usage_BN=like.new_zeros(batch_size, self.slots),
            weights_BHK=read.weights_BHK,
            slots_BHK=read.slots_BHK,
        )

    def forward(self, h_BC: Tensor, state: LRUAState) -> tuple[Tensor, LRUAState, Address]:
        head = self.interface(h_BC)
        least_BH = sparse.least_used(state.usage_BN, self.pairs)
        read_gate_BH = head["read_gate"].sigmoid()
        write = sparse.write_address(
            state.weights_BHK,
            state.slots_BHK,
            least_BH,
            read_gate_BH.new_ones(read_gate_BH.shape),
            read_gate_BH,
        )
        cleared_BNW = sparse.clear(state.memory_BNW, least_BH)
        written_BNW = sparse.add(cleared_BNW, write, head["query"])
        source_BNW = state.memory_BNW if self.read_first else written_BNW
        strength_BH = strengths(head, self.key_strength)
        read = self.estimator(content.content(source_BNW, head["query"], strength_BH))
        both = join_heads(write, read)
        accessed_BN = both.dense(self.slots).sum(1).detach()
        usage_BN = sparse.discounted_access(state.usage_BN, accessed_BN, self.usage_decay)
        after = LRUAState(written_BNW, usage_BN, read.weights_BHK, read.slots_BHK)
        return memory.read(source_BNW, read).flatten(1), after, both
