"""Sparse access memory (Rae, Hunt, Harley et al., 2016)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..equations import content, memory, sparse
from ..estimators import Estimator
from ..interface import Interface, oneplus
from ..registry import cells
from ..storage import LeastRecentlyUsed, Memory, NearestRows, Start
from ..storage.contents import first_named
from ..types import Address, join_heads
from .base import MemoryCell, head_names, require_one_of, require_positive

MEMORY_START = 1e-6
"""Constant starting content. With none, an empty slot written beside the least used one becomes
parallel to it, and rounding would decide between two equal cosines."""


CANDIDATES = 16
"""Slots that an index proposes to each read head."""

FRESH = 4
"""Slots beside these that were not accessed for longest, as an index does not hold empty ones."""

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
        require_usage(slots, heads, usage_decay)
        require_one_of("index", index, INDICES)
        require_together(persistent, usage_decay, index)
        self.estimator = estimator
        self.slots, self.width, self.pairs = slots, width, heads
        self.key_strength, self.threshold, self.usage_decay = key_strength, threshold, usage_decay
        self.index, self.near, self.fresh = index, min(slots, CANDIDATES), min(slots - heads, FRESH)
        self.start = Start(slots, width, MEMORY_START, persistent=persistent)
        self.heads = head_names(heads, heads)
        self.read_size = heads * width
        shapes: dict[str, tuple[int, ...]] = {"query": (heads, width), "add": (heads, width)}
        shapes |= {"write_gate": (heads,), "read_gate": (heads,)}
        self.interface = Interface(
            input_size, shapes | ({"strength": (heads,)} if key_strength else {})
        )

    def initial_state(self, batch_size: int) -> SAMState:
        like = self.interface.linear.weight
        seen = self.slots if self.index == "exact" else self.near + self.fresh
        # an empty weighting: nothing was read, in the form of whatever reads to come
        nothing_BHN = like.new_zeros(batch_size, self.pairs, seen)
        read = self.estimator(nothing_BHN)
        if self.index != "exact":
            read = among(read, nothing_BHN.long())
        return SAMState(
            memory_BNW=self.start.memory(batch_size, like),
            usage_BN=self.start.usage(batch_size, like),
            time_B=like.new_zeros(batch_size),
            weights_BHK=read.weights_BHK,
            slots_BHK=read.slots_BHK,
        )

    def forward(self, h_BC: Tensor, state: SAMState) -> tuple[Tensor, SAMState, Address]:
        head = self.interface(h_BC)
        least_BH = least_used(state.usage_BN, self.pairs)
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
        usage_BN = self._used(state.usage_BN, both, time_B)
        after = SAMState(memory_BNW, usage_BN, time_B, read.weights_BHK, read.slots_BHK)
        return memory.read(memory_BNW, read).flatten(1), after, both

    def _used(
        self, usage_BN: Tensor | LeastRecentlyUsed, address: Address, time_B: Tensor
    ) -> Tensor | LeastRecentlyUsed:
        if isinstance(usage_BN, LeastRecentlyUsed):
            return usage_BN.access(address, self.threshold)
        return usage(usage_BN, address, time_B, threshold=self.threshold, decay=self.usage_decay)

    def _look_up(
        self, head: dict[str, Tensor], memory_BNW: Memory, usage_BN: Tensor | LeastRecentlyUsed
    ) -> Address:
        query_BHW, strength_BH = head["query"], strengths(head, self.key_strength)
        if isinstance(memory_BNW, Tensor) or self.index == "exact":
            weighting_BHN = memory.scan(content.content, memory_BNW, query_BHW, strength_BH)
            return self.estimator(weighting_BHN)
        near_BHC = NearestRows.of(memory_BNW).search(memory_BNW, query_BHW, self.near)
        fresh_BF = least_used(usage_BN, self.pairs + self.fresh)[:, self.pairs :]
        slots_BHC = torch.cat([near_BHC, fresh_BF.unsqueeze(1).expand(-1, self.pairs, -1)], -1)
        return self._choose(memory_BNW, query_BHW, strength_BH, slots_BHC)

    def _choose(
        self, memory_BNW: Memory, query_BHW: Tensor, strength_BH: Tensor, slots_BHC: Tensor
    ) -> Address:
        """The address among candidate slots, some of them none (-1) and some named twice."""
        place_C = torch.arange(slots_BHC.shape[-1], device=slots_BHC.device)
        wanted_BHC = (slots_BHC >= 0) & (first_named(slots_BHC) == place_C)
        slots_BHC = slots_BHC.clamp_min(0)
        rows_BHCW = memory.gather_rows(memory_BNW, slots_BHC)
        keys = query_BHW.flatten(0, 1).unsqueeze(1)
        cosines = content.cosine_similarity(keys, rows_BHCW.flatten(0, 1))
        scores_BHC = strength_BH.unsqueeze(-1) * cosines.view(slots_BHC.shape)
        weighting_BHC = scores_BHC.masked_fill(~wanted_BHC, -torch.inf).softmax(-1)
        return among(self.estimator(weighting_BHC), slots_BHC)


def among(address: Address, slots_BHC: Tensor) -> Address:
    """An address on a list of slots as one on the memory."""
    if address.slots_BHK is None:
        return address._replace(slots_BHK=slots_BHC)
    return address._replace(slots_BHK=slots_BHC.gather(-1, address.slots_BHK))


def least_used(usage_BN: Tensor | LeastRecentlyUsed, count: int) -> Tensor:
    """The so many least used slots, (B, count), least first."""
    if isinstance(usage_BN, LeastRecentlyUsed):
        return usage_BN.first(count)
    return sparse.least_used(usage_BN, count)


def usage(
    usage_BN: Tensor, address: Address, time_B: Tensor, *, threshold: float, decay: float | None
) -> Tensor:
    """By last access, or with a decay by discounted access."""
    accessed_BN = address.dense(usage_BN.shape[-1]).sum(1).detach()
    if decay is None:
        return sparse.last_access(usage_BN, accessed_BN, time_B, threshold=threshold)
    return sparse.discounted_access(usage_BN, accessed_BN, decay)


def strengths(head: dict[str, Tensor], given: bool) -> Tensor:
    """The strength of each query: the controller's, or one."""
    return oneplus(head["strength"]) if given else torch.ones_like(head["query"][..., 0])


def require_usage(slots: int, heads: int, decay: float | None) -> None:
    """Raises ValueError for more heads than slots, or a decay outside (0, 1]."""
    if heads > slots:
        raise ValueError(
            f"heads must be at most the {slots} slots, not {heads}: each writes its own"
        )
    if decay is not None and not 0 < decay <= 1:
        raise ValueError(f"usage_decay must be above 0 and at most 1, not {decay}")


def require_together(persistent: bool, usage_decay: float | None, index: str) -> None:
    """Raises ValueError for an index without a persistent memory, or that with a decaying usage."""
    if index != "exact" and not persistent:
        raise ValueError(f"index {index!r} follows a persistent memory: set persistent=True")
    if persistent and usage_decay is not None:
        raise ValueError("a usage_decay changes the usage of every slot: leave persistent off")
