"""Fast weights with the delta rule (Schlag, Irie and Schmidhuber, 2021), gated as an option."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from torch import Tensor, nn

from ..equations import decay, fast_weights
from ..estimators import Estimates, Estimator
from ..interface import Interface
from ..options import require_one_of, require_positive
from ..registry import cells
from ..types import Address, join_heads
from .base import MemoryCell, head_names
from .decays import log_rates, start_steps

KEYS = ("softmax", "elu", "dpfp", "l2")


class DeltaState(NamedTuple):
    """The fast weights of every head."""

    memory_BHNW: Tensor


@cells.register("delta")
class Delta(MemoryCell[DeltaState]):
    """A matrix per head that a key maps to a value, corrected by the delta rule (Delta Network).

    v̄ = W φ(k), then W += β (v - v̄) φ(k)ᵀ, then φ(q) reads. The features φ are positive and sum to
    one: the weighting of a head over the rows of its own matrix, its slots. So one chosen slot is
    moved by β towards v. `keys` says which features:

    - `softmax` of a key as wide as there are slots (Irie et al., 2021);
    - `elu`, elu + 1 over its sum (Katharopoulos et al., 2020);
    - `dpfp`, products of a key's parts (Schlag et al.): of 2 `nu` times as many as the key has;
    - `l2`, SiLU scaled to norm one (DeltaNet, Yang et al., 2024). That is no distribution: there is
      nothing to choose, `heads` is empty, and every estimator gives the same model.

    With `gated` the matrix decays by a gate α before it is corrected (Gated DeltaNet, Yang et al.,
    2025). Each of `heads` writes one matrix and reads it after the write.
    """

    contents: ClassVar = ("memory_BHNW",)

    def __init__(
        self,
        input_size: int,
        estimator: Estimator,
        *,
        slots: int = 16,
        width: int = 16,
        heads: int = 8,
        keys: str = "softmax",
        nu: int = 1,
        gated: bool = False,
    ) -> None:
        super().__init__()
        require_positive(slots=slots, width=width, heads=heads, nu=nu)
        require_one_of("keys", keys, KEYS)
        if keys == "dpfp" and slots % (2 * nu):
            raise ValueError(
                f"keys dpfp with nu {nu} make a multiple of {2 * nu} slots, not {slots}"
            )
        self.estimator = estimator
        self.slots, self.width, self.pairs = slots, width, heads
        self.keys, self.nu, self.gated = keys, nu, gated
        self.heads = () if keys == "l2" else head_names(heads, heads)
        self.read_size = heads * width
        self.interface = Interface(input_size, self.shapes)
        self.log_rate_H: nn.Parameter | None = None
        if gated:
            self.log_rate_H = log_rates(heads)
            start_steps(self.interface.bias_of("decay"))

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The parameters of the heads, as the interface cuts them, with their shapes."""
        H = self.pairs
        key = self.slots // (2 * self.nu) if self.keys == "dpfp" else self.slots
        shapes: dict[str, tuple[int, ...]] = {
            "key": (H, key),
            "query": (H, key),
            "value": (H, self.width),
            "rate": (H,),
        }
        return shapes | ({"decay": (H,)} if self.gated else {})

    def initial_state(self, batch_size: int) -> DeltaState:
        like = self.interface.linear.weight
        return DeltaState(like.new_zeros(batch_size, self.pairs, self.slots, self.width))

    def forward(self, h_BC: Tensor, state: DeltaState) -> tuple[Tensor, DeltaState, Address]:
        write, read, value_BHW, rate_BH, log_decay_BH = self.written(h_BC, self.estimator)
        memory_BHNW = state.memory_BHNW
        if log_decay_BH is not None:
            memory_BHNW = log_decay_BH.exp()[..., None, None] * memory_BHNW
        memory_BHNW = fast_weights.delta(memory_BHNW, write, value_BHW, rate_BH)
        read_BO = fast_weights.recall(memory_BHNW, read).flatten(1)
        return read_BO, DeltaState(memory_BHNW), self.addresses(write, read)

    def written(
        self, h_BC: Tensor, estimator: Estimates
    ) -> tuple[Address, Address, Tensor, Tensor, Tensor | None]:
        """All that a step does, which depends on the controller alone: where it writes and reads,
        each head in its own matrix, the value (B, H, W), the rate β (B, H), and log α (B, H).
        """
        head = self.interface(h_BC)
        write, read = (self._address(head[name], estimator) for name in ("key", "query"))
        log_decay_BH = None
        if self.log_rate_H is not None:
            log_decay_BH = decay.log_decay(head["decay"], self.log_rate_H)
        return write, read, head["value"], head["rate"].sigmoid(), log_decay_BH

    def addresses(self, write: Address, read: Address) -> Address:
        """Of both heads of every matrix; of none where keys are no weightings."""
        return join_heads(write, read).heads(slice(len(self.heads)))

    def _address(self, key_BHZ: Tensor, estimator: Estimates) -> Address:
        if self.keys == "l2":
            return Address.of(fast_weights.unit_features(key_BHZ))
        return estimator(self._weighting(key_BHZ))

    def _weighting(self, key_BHZ: Tensor) -> Tensor:
        if self.keys == "softmax":
            return key_BHZ.softmax(-1)
        if self.keys == "elu":
            return fast_weights.sum_normalised(fast_weights.elu_features(key_BHZ))
        return fast_weights.sum_normalised(fast_weights.dpfp_features(key_BHZ, self.nu))
