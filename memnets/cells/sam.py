"""Sparse access memory (Rae, Hunt, Harley et al., 2016)."""

from __future__ import annotations

from typing import ClassVar, NamedTuple, cast

import torch
from torch import Tensor

from ..equations import content, memory, sparse
from ..estimators import Estimator
from ..interface import Interface
from ..options import require_one_of, require_positive
from ..registry import cells
from ..storage import LeastRecentlyUsed, Memory, NearestRows, PersistentMemory, Start
from ..storage.contents import first_named
from ..types import Address, join_heads
from .access import (
    MEMORY_START,
    Discounted,
    LastAccess,
    Ring,
    Usage,
    require_slots,
    strengths,
)
from .base import MemoryCell, head_names

CANDIDATES = 16
"""Slots that an index proposes to each read head."""

FRESH = 4
"""Further slots, those not accessed for longest: an index does not hold the empty ones."""

INDICES = ("exact", "faiss")


class SAMState(NamedTuple):
    """Contents, usage, the number of steps, and where each head read last, in its form."""

    memory_BNW: Memory
    usage_BN: Tensor | LeastRecentlyUsed
    time_B: Tensor
    weights_BHK: Tensor
    slots_BHK: Tensor | None


@cells.register("sam")
class SAM(MemoryCell[SAMState]):
    """Writes where it just read and where nothing was accessed for longest (SAM).

    With the estimator `top_k` this is the paper's sparse memory, with `soft` its dense ablation;
    the write goes by the previous read address and chooses nothing itself. Writes first, then reads
    M_t. `usage_decay` replaces the time of the last access by the dense ablation's discounted sum.

    Each of the `heads` has a read and a write of its own; head h takes, and zeroes, the h-th least
    recently accessed slot, so heads do not write over one another; an access by any of them counts.
    `key_strength` scales the cosine inside the softmax by a strength from the controller, which the
    paper's parameters (q, a, α, γ) leave out; without it all weightings are nearly flat.

    A `persistent` memory is written, and the least recently accessed slots are known, at a cost
    that does not grow with the number of slots; results are those of the tensor. An `index` then
    proposes the slots to read, where "exact" looks at all of them: of `CANDIDATES` near slots and
    `FRESH` unused ones the cosines, the softmax and the estimator's choice are exact.
    """

    contents: ClassVar = ("memory_BNW",)

    def __init__(
        self,
        input_size: int,
        estimator: Estimator,
        *,
        slots: int = 128,
        width: int = 32,
        heads: int = 4,
        key_strength: bool = True,
        threshold: float = sparse.ACCESS_THRESHOLD,
        usage_decay: float | None = None,
        persistent: bool = False,
        index: str = "exact",
    ) -> None:
        super().__init__()
        require_positive(slots=slots, width=width, heads=heads)
        require_slots(slots, heads)
        require_one_of("index", index, INDICES)
        require_together(persistent, usage_decay, index)
        self.estimator = estimator
        self.slots, self.width, self.pairs = slots, width, heads
        self.key_strength = key_strength
        self.index, self.near, self.fresh = index, min(slots, CANDIDATES), min(slots - heads, FRESH)
        self.start = Start(slots, width, MEMORY_START, persistent=persistent)
        self.usage: Usage = (
            Ring(self.start, threshold) if persistent else LastAccess(slots, threshold)
        )
        if usage_decay is not None:
            self.usage = Discounted(slots, usage_decay)
        self.bookkeeping = () if self.usage.by_time else ("time_B",)
        self.heads = head_names(heads, heads)
        self.read_size = heads * width
        shapes: dict[str, tuple[int, ...]] = {"query": (heads, width), "add": (heads, width)}
        shapes |= {"write_gate": (heads,), "read_gate": (heads,)}
        self.shapes = shapes | ({"strength": (heads,)} if key_strength else {})
        self.interface = Interface(input_size, self.shapes)

    def initial_state(self, batch_size: int) -> SAMState:
        like = self.interface.linear.weight
        seen = self.slots if self.index == "exact" else self.near + self.fresh
        # nothing was read so far: the address of an empty weighting, dense or sparse as later ones
        nothing_BHN = like.new_zeros(batch_size, self.pairs, seen)
        read = self.estimator(nothing_BHN)
        if self.index != "exact":
            read = among(read, nothing_BHN.long())
        return SAMState(
            memory_BNW=self.start.memory(batch_size, like),
            usage_BN=self.usage.start(batch_size, like),
            time_B=like.new_zeros(batch_size),
            weights_BHK=read.weights_BHK,
            slots_BHK=read.slots_BHK,
        )

    def forward(self, h_BC: Tensor, state: SAMState) -> tuple[Tensor, SAMState, Address]:
        head = self.interface(h_BC)
        least_BH = self.usage.least_used(state.usage_BN, self.pairs)
        write = sparse.write_address(
            state.weights_BHK,
            state.slots_BHK,
            least_BH,
            head["write_gate"].sigmoid(),
            head["read_gate"].sigmoid(),
        )
        memory_BNW = sparse.clear(state.memory_BNW, least_BH)
        memory_BNW = sparse.add(memory_BNW, write, head["add"])
        read = self._look_up(head, memory_BNW, state.usage_BN)
        both = join_heads(write, read)
        time_B = state.time_B + 1
        usage_BN = self.usage.after(state.usage_BN, both, time_B)
        after = SAMState(memory_BNW, usage_BN, time_B, read.weights_BHK, read.slots_BHK)
        return memory.read(memory_BNW, read).flatten(1), after, both

    def _look_up(
        self, head: dict[str, Tensor], memory_BNW: Memory, usage_BN: Tensor | LeastRecentlyUsed
    ) -> Address:
        query_BHW, strength_BH = head["query"], strengths(head, self.key_strength)
        if self.index == "exact":
            weighting_BHN = memory.scan(content.content, memory_BNW, query_BHW, strength_BH)
            return self.estimator(weighting_BHN)
        # `require_together`: there is no index without a persistent memory
        rows = cast(PersistentMemory, memory_BNW)
        near_BHK = NearestRows.of(rows).search(rows, query_BHW, self.near)
        fresh_BK = self.usage.least_used(usage_BN, self.pairs + self.fresh)[:, self.pairs :]
        slots_BHK = torch.cat([near_BHK, fresh_BK.unsqueeze(1).expand(-1, self.pairs, -1)], -1)
        return self._choose(memory_BNW, query_BHW, strength_BH, slots_BHK)

    def _choose(
        self, memory_BNW: Memory, query_BHW: Tensor, strength_BH: Tensor, slots_BHK: Tensor
    ) -> Address:
        """The address among candidate slots, some of them none (-1) and some named twice."""
        place_K = torch.arange(slots_BHK.shape[-1], device=slots_BHK.device)
        wanted_BHK = (slots_BHK >= 0) & (first_named(slots_BHK) == place_K)
        slots_BHK = slots_BHK.clamp_min(0)
        rows_BHKW = memory.gather_rows(memory_BNW, slots_BHK)
        keys = query_BHW.flatten(0, 1).unsqueeze(1)
        cosines = content.cosine_similarity(keys, rows_BHKW.flatten(0, 1))
        scores_BHK = strength_BH.unsqueeze(-1) * cosines.view(slots_BHK.shape)
        weighting_BHK = scores_BHK.masked_fill(~wanted_BHK, -torch.inf).softmax(-1)
        return among(self.estimator(weighting_BHK), slots_BHK)


def among(address: Address, slots_BHK: Tensor) -> Address:
    """An address on a list of slots as one on the memory."""
    if address.slots_BHK is None:
        return address._replace(slots_BHK=slots_BHK)
    return address._replace(slots_BHK=slots_BHK.gather(-1, address.slots_BHK))


def require_together(persistent: bool, usage_decay: float | None, index: str) -> None:
    """Raises ValueError for an index without a persistent memory, or that with a decaying usage."""
    if index != "exact" and not persistent:
        raise ValueError(f"index {index!r} follows a persistent memory: set persistent=True")
    if persistent and usage_decay is not None:
        raise ValueError("a usage_decay changes the usage of every slot: leave persistent off")
