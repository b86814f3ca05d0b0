"""Sparse access memory (Rae, Hunt, Harley et al., 2016)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from .. import addressing, memory, sparse
from ..estimators import Estimator
from ..interface import Interface, oneplus
from ..registry import cells
from ..types import Address, join_heads
from .base import MemoryCell, head_names, require_positive

MEMORY_START = 1e-6
"""Constant starting content. With none, an empty slot written beside the least used one becomes
parallel to it, and rounding would decide between two equal cosines."""


class SAMState(NamedTuple):
    """Contents, usage, the number of steps, and where each head read last, in its form."""

    memory_BNW: Tensor
    usage_BN: Tensor
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
    ) -> None:
        super().__init__()
        require_positive(slots=slots, width=width, heads=heads)
        require_usage(slots, heads, usage_decay)
        self.estimator = estimator
        self.slots, self.width, self.pairs = slots, width, heads
        self.key_strength, self.threshold, self.usage_decay = key_strength, threshold, usage_decay
        self.heads = head_names(heads, heads)
        self.read_size = heads * width
        shapes: dict[str, tuple[int, ...]] = {"query": (heads, width), "add": (heads, width)}
        shapes |= {"write_gate": (heads,), "read_gate": (heads,)}
        self.interface = Interface(
            input_size, shapes | ({"strength": (heads,)} if key_strength else {})
        )

    def initial_state(self, batch_size: int) -> SAMState:
        like = self.interface.linear.weight
        # an empty weighting: nothing was read, in the form of whatever reads to come
        read = self.estimator(like.new_zeros(batch_size, self.pairs, self.slots))
        return SAMState(
            memory_BNW=like.new_full((batch_size, self.slots, self.width), MEMORY_START),
            usage_BN=like.new_zeros(batch_size, self.slots),
            time_B=like.new_zeros(batch_size),
            weights_BHK=read.weights_BHK,
            slots_BHK=read.slots_BHK,
        )

    def forward(self, h_BC: Tensor, state: SAMState) -> tuple[Tensor, SAMState, Address]:
        head = self.interface(h_BC)
        least_BH = sparse.least_used(state.usage_BN, self.pairs)
        write = sparse.write_address(
            state.weights_BHK,
            state.slots_BHK,
            least_BH,
            head["write_gate"].sigmoid(),
            head["read_gate"].sigmoid(),
        )
        memory_BNW = sparse.clear(state.memory_BNW, least_BH)
        memory_BNW = sparse.add(memory_BNW, write, head["add"])
        strength_BH = strengths(head, self.key_strength)
        read = self.estimator(addressing.content(memory_BNW, head["query"], strength_BH))
        both = join_heads(write, read)
        time_B = state.time_B + 1
        accessed_BN = both.dense(self.slots).sum(1).detach()
        usage_BN = usage(
            state.usage_BN, accessed_BN, time_B, threshold=self.threshold, decay=self.usage_decay
        )
        after = SAMState(memory_BNW, usage_BN, time_B, read.weights_BHK, read.slots_BHK)
        return memory.read(memory_BNW, read).flatten(1), after, both


def usage(
    usage_BN: Tensor, accessed_BN: Tensor, time_B: Tensor, *, threshold: float, decay: float | None
) -> Tensor:
    """By last access, or with a decay by discounted access."""
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
