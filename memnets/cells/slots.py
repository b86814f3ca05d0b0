"""Gated slot attention (Zhang et al., 2024), and slots to which writes are routed (Raven, 2026)."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NamedTuple

from torch import Tensor, nn
from torch.nn.functional import silu

from ..equations import attention
from ..equations import decay as decays
from ..equations import slots as gated
from ..estimators import Estimates, Estimator
from ..estimators.choices import dense
from ..interface import Interface
from ..options import require_number, require_one_of, require_positive
from ..registry import cells
from ..types import Address, join_heads
from .base import MemoryCell, head_names
from .codebook import Codebook, require_codes
from .decays import log_rates, start_steps

NORM_EPS = 1e-5
"""Added to the mean square where keys and queries are normalised (Raven)."""

DECAY_RATES = (1e-4, 16.0)
"""Between which the e^a of heads start (Raven)."""

DECAYS = ("slot", "head")
SCORES: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": gated.routing,
    "softmax": lambda scores_BRN: scores_BRN.softmax(-1),
}
CODES = "codes"
"""Scores that are distances of the key from codes."""


class SlotsState(NamedTuple):
    """Keys and values of the slots of every head."""

    keys_BRNW: Tensor
    values_BRNW: Tensor


@cells.register("slots")
class Slots(MemoryCell[SlotsState]):
    """So many slots per head that fade as they are written, read by softmax attention (GSA).

    K̃_t = α K̃_{t-1} + (1 - α) k_tᵀ and Ṽ likewise, with a gate α_n per slot; then ṼᵀSoftmax(K̃ q)
    is read. Queries, keys and values are SiLUs. Every one of the `heads` has slots of its own. A
    write changes all of them by independent gates: it is no weighting, so there are no write heads.

    Writes that are `routed` (Raven) have one: sigmoid `scores` over their sum, or a softmax. A slot
    of write weight w fades by α^w, so that one of no weight stays as it is. With the estimator
    `noisy_top_k` these are Raven's top-k slots. It chooses reads too; `soft_reads` takes the whole
    softmax whatever the estimator, as Raven does, and leaves it the writes.

    With `scores` by "codes" a write goes to the slot whose code is nearest to its key, as vector
    quantisation chooses (VQ-VAE: van den Oord et al., 2017, eq. 1; Jukebox, 2020, for codes that no
    key is near). Keys are routed by codes and stored as they are, and no commitment term draws them
    to their codes (eq. 3). `network.advance()` after every update moves the codes (`Codebook`).

    `decay`: α of a `slot`, σ(x)^(1/`damping`), or of a whole `head`, exp(-e^a softplus(x)) (Raven).
    `key_norm`: keys and queries have a root mean square of one, times learned gains (Raven).
    """

    contents: ClassVar = ("keys_BRNW", "values_BRNW")

    def __init__(
        self,
        input_size: int,
        estimator: Estimator,
        *,
        slots: int = 64,
        width: int = 64,
        heads: int = 4,
        decay: str = "slot",
        damping: float = 8.0,
        routed: bool = False,
        scores: str = "sigmoid",
        code_temperature: float = 1.0,
        code_decay: float = 0.99,
        revive_below: float = 0.1,
        soft_reads: bool = False,
        key_norm: bool = False,
    ) -> None:
        super().__init__()
        require_positive(slots=slots, width=width, heads=heads)
        require_one_of("decay", decay, DECAYS)
        require_one_of("scores", scores, (*SCORES, CODES))
        require_number("damping", damping, above=0)
        require_codes(code_temperature, code_decay, revive_below)
        if scores != "sigmoid" and not routed:
            raise ValueError(f"scores={scores!r} say where writes go: set routed=True")
        if soft_reads and not routed:
            raise ValueError("soft_reads leave the estimator nothing to choose: set routed=True")
        self.estimator = estimator
        self.slots, self.width, self.reads = slots, width, heads
        self.decay, self.damping, self.routed, self.scores = decay, damping, routed, scores
        self.soft_reads = soft_reads
        self.heads = head_names(heads if routed else 0, heads)
        self.read_size = heads * width
        self.codebook: Codebook | None = None
        if routed and scores == CODES:
            self.codebook = Codebook(
                heads,
                slots,
                width,
                temperature=code_temperature,
                decay=code_decay,
                revive_below=revive_below,
            )
            self.learns_by_advance = True
        self.interface = Interface(input_size, self.shapes)
        self.log_rate_R: nn.Parameter | None = None
        if decay == "head":
            self.log_rate_R = log_rates(heads, DECAY_RATES)
            start_steps(self.interface.bias_of("decay"))
        norms = [nn.RMSNorm(width, eps=NORM_EPS) if key_norm else nn.Identity() for _ in range(2)]
        self.query_norm, self.key_norm = norms

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The parameters of the heads, as the interface cuts them, with their shapes."""
        R = self.reads
        shapes: dict[str, tuple[int, ...]] = {
            name: (R, self.width) for name in ("query", "key", "value")
        }
        shapes["decay"] = (R,) if self.decay == "head" else (R, self.slots)
        by_score = self.routed and self.scores != CODES
        return shapes | ({"route": (R, self.slots)} if by_score else {})

    def advance(self) -> None:
        super().advance()
        if self.codebook:
            self.codebook.advance()

    def initial_state(self, batch_size: int) -> SlotsState:
        like = self.interface.linear.weight
        empty_BRNW = like.new_zeros(batch_size, self.reads, self.slots, self.width)
        return SlotsState(empty_BRNW, empty_BRNW)

    def forward(self, h_BC: Tensor, state: SlotsState) -> tuple[Tensor, SlotsState, Address]:
        query_BRW, key_BRW, value_BRW, log_decay_BRN, write = self.written(h_BC, self.estimator)
        slots_BRK = weights_BRK = None
        if write is not None:
            weights_BRK, slots_BRK = write.weights_BHK, write.slots_BHK
        if slots_BRK is not None:
            log_decay_BRN = log_decay_BRN.gather(-1, slots_BRK)
        share_BRK = gated.share(log_decay_BRN, weights_BRK)
        after = SlotsState(
            gated.write(state.keys_BRNW, share_BRK, key_BRW, slots_BRK),
            gated.write(state.values_BRNW, share_BRK, value_BRW, slots_BRK),
        )
        read = self.look(gated.weighting(query_BRW, after.keys_BRNW), self.estimator)
        address = read if write is None else join_heads(write, read)
        return attention.read(after.values_BRNW, read).flatten(1), after, address

    def written(
        self, h_BC: Tensor, estimator: Estimates
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Address | None]:
        """All that depends on the controller alone: query, key and value of each head (B, R, W),
        log α of every slot (B, R, N), and where a routed write goes.
        """
        head = self.interface(h_BC)
        query_BRW = self.query_norm(silu(head["query"]))
        key_BRW, value_BRW = self.key_norm(silu(head["key"])), silu(head["value"])
        write = None
        if self.routed:
            near = self.codebook(key_BRW) if self.codebook else SCORES[self.scores](head["route"])
            write = estimator(near)
        if self.log_rate_R is None:
            log_decay_BRN = gated.slot_decay(head["decay"], self.damping)
        else:
            log_decay_BR1 = decays.log_decay(head["decay"], self.log_rate_R).unsqueeze(-1)
            log_decay_BRN = log_decay_BR1.expand(-1, -1, self.slots)
        return query_BRW, key_BRW, value_BRW, log_decay_BRN, write

    def look(self, weighting_BRN: Tensor, estimator: Estimates) -> Address:
        """The address of a read: the estimator's, or, with soft reads, the whole weighting."""
        if self.soft_reads:
            return dense(weighting_BRN, weighting_BRN)
        return estimator(weighting_BRN)
