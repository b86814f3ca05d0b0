"""The sparse Differentiable Neural Computer (Rae, Hunt, Harley et al., 2016, supplement)."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from torch import Tensor

from .. import equations
from ..equations import memory, sparse
from ..estimators import Estimator
from ..interface import Interface
from ..options import require_positive
from ..registry import cells
from ..types import Address, join_heads
from .access import MEMORY_START, Discounted, LastAccess, Usage, require_slots, strengths
from .base import MemoryCell, head_names


class SDNCState(NamedTuple):
    """SAM's state, and the links of each head: forward N, backward P, and the precedence."""

    memory_BNW: Tensor
    usage_BN: Tensor
    time_B: Tensor
    weights_BHK: Tensor
    slots_BHK: Tensor | None
    forward_BHNN: Tensor
    backward_BHNN: Tensor
    precedence_BHN: Tensor


@cells.register("sdnc")
class SDNC(MemoryCell[SDNCState]):
    """SAM's reads, writes and usage, and temporal links of few entries per row (SDNC).

    A read mixes, by a softmax over three modes, where the links lead backward, its content
    weighting, and where they lead forward; the estimator makes the address of the mix. Head h reads
    by the links of its own writes. `links` entries per row of the links and of the precedence are
    kept; no gradient passes through them. The other options are SAM's.

    The links are kept here as dense tensors of few non-zeros: right in value, and B × H × N × N in
    size. That is the reference; compressed rows would be the fast form.
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
        links: int = 8,
        key_strength: bool = True,
        threshold: float = sparse.ACCESS_THRESHOLD,
        usage_decay: float | None = None,
    ) -> None:
        super().__init__()
        require_positive(slots=slots, width=width, heads=heads, links=links)
        require_slots(slots, heads)
        self.estimator = estimator
        self.slots, self.width, self.pairs, self.links = slots, width, heads, links
        self.key_strength = key_strength
        self.usage: Usage = LastAccess(slots, threshold)
        if usage_decay is not None:
            self.usage = Discounted(slots, usage_decay)
        self.bookkeeping = () if self.usage.by_time else ("time_B",)
        self.heads = head_names(heads, heads)
        self.read_size = heads * width
        shapes: dict[str, tuple[int, ...]] = {
            "query": (heads, width),
            "add": (heads, width),
            "modes": (heads, 3),
        }
        shapes |= {"write_gate": (heads,), "read_gate": (heads,)}
        self.interface = Interface(
            input_size, shapes | ({"strength": (heads,)} if key_strength else {})
        )

    def initial_state(self, batch_size: int) -> SDNCState:
        like = self.interface.linear.weight
        B, H, N = batch_size, self.pairs, self.slots
        # nothing was read so far: the address of an empty weighting, dense or sparse as later ones
        read = self.estimator(like.new_zeros(B, H, N))
        return SDNCState(
            memory_BNW=like.new_full((B, N, self.width), MEMORY_START),
            usage_BN=self.usage.start(B, like),
            time_B=like.new_zeros(B),
            weights_BHK=read.weights_BHK,
            slots_BHK=read.slots_BHK,
            forward_BHNN=like.new_zeros(B, H, N, N),
            backward_BHNN=like.new_zeros(B, H, N, N),
            precedence_BHN=like.new_zeros(B, H, N),
        )

    def forward(self, h_BC: Tensor, state: SDNCState) -> tuple[Tensor, SDNCState, Address]:
        head = self.interface(h_BC)
        least_BH = self.usage.least_used(state.usage_BN, self.pairs)
        write = sparse.write_address(
            state.weights_BHK,
            state.slots_BHK,
            least_BH,
            head["write_gate"].sigmoid(),
            head["read_gate"].sigmoid(),
        )
        before_BHN = write._replace(weights_BHK=state.weights_BHK, slots_BHK=state.slots_BHK).dense(
            self.slots
        )
        memory_BNW = sparse.clear(state.memory_BNW, least_BH)
        memory_BNW = sparse.add(memory_BNW, write, head["add"])
        writes_BHN = write.dense(self.slots).detach()
        forward, backward = sparse.links(
            state.forward_BHNN,
            state.backward_BHNN,
            state.precedence_BHN,
            writes_BHN,
            keep=self.links,
        )
        precedence_BHN = equations.links.precedence(state.precedence_BHN, writes_BHN)
        weighting_BHN = equations.links.mix_read_modes(
            head["modes"].softmax(-1),
            sparse.follow(backward, before_BHN).unsqueeze(2),
            equations.content.content(
                memory_BNW, head["query"], strengths(head, self.key_strength)
            ),
            sparse.follow(forward, before_BHN).unsqueeze(2),
        )
        read = self.estimator(weighting_BHN)
        both = join_heads(write, read)
        time_B = state.time_B + 1
        usage_BN = self.usage.after(state.usage_BN, both, time_B)
        after = SDNCState(
            memory_BNW,
            usage_BN,
            time_B,
            read.weights_BHK,
            read.slots_BHK,
            forward,
            backward,
            sparse.largest(precedence_BHN, self.links),
        )
        return memory.read(memory_BNW, read).flatten(1), after, both
