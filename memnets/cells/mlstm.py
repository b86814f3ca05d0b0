"""The matrix memory of xLSTM (Beck et al., 2024)."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from ..equations import fast_weights, matrix_memory
from ..estimators import Estimates, Estimator
from ..interface import Interface
from ..options import require_one_of, require_positive
from ..registry import cells
from ..types import Address, join_heads
from .base import MemoryCell, head_names

KEYS = ("linear", "softmax")
FORGET = ("sigmoid", "exponential")
FORGET_BIAS = (3.0, 6.0)
"""Of the first and of the last head at the start, as in the authors' code: most is kept."""


class MLSTMState(NamedTuple):
    """Memory and sum of keys of every head, both over e^stabiliser."""

    memory_BHNW: Tensor
    keys_BHN: Tensor
    stabiliser_BH: Tensor


@cells.register("mlstm")
class MLSTM(MemoryCell[MLSTMState]):
    """A matrix per head with an exponential input gate: C = f C + i v kᵀ, n = f n + i k (xLSTM).

    Reads o ∘ C q / max(|nᵀ q|, 1) after the write. `forget` is the gate on the past, `sigmoid` or
    `exponential`. A slot is a feature of the key, a row of the matrix; `keys` are

    - `linear`, over the root of their size, as in the paper. They are no distribution: there is
      nothing to choose, `heads` is empty, and every estimator gives the same model;
    - `softmax`, ours: key and query are weightings over the rows, out of which an estimator may
      choose one. A chosen row gathers a mean of its values, weighed by their input gates.

    The paper's block around this cell (projections up and down, convolution, group norm, skips) is
    no part of it: controller and readout stand in their place.
    """

    contents: ClassVar = ("memory_BHNW", "keys_BHN", "stabiliser_BH")

    def __init__(
        self,
        input_size: int,
        estimator: Estimator,
        *,
        slots: int = 32,
        width: int = 32,
        heads: int = 4,
        keys: str = "linear",
        forget: str = "sigmoid",
    ) -> None:
        super().__init__()
        require_positive(slots=slots, width=width, heads=heads)
        require_one_of("keys", keys, KEYS)
        require_one_of("forget", forget, FORGET)
        self.estimator = estimator
        self.slots, self.width, self.pairs = slots, width, heads
        self.keys, self.forget = keys, forget
        self.heads = () if keys == "linear" else head_names(heads, heads)
        self.read_size = heads * width
        self.interface = Interface(input_size, self.shapes)
        if forget == "sigmoid":
            with torch.no_grad():
                self.interface.bias_of("forget").copy_(torch.linspace(*FORGET_BIAS, heads))

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The parameters of the heads, as the interface cuts them, with their shapes."""
        H, N, W = self.pairs, self.slots, self.width
        return {
            "query": (H, N),
            "key": (H, N),
            "value": (H, W),
            "input": (H,),
            "forget": (H,),
            "output": (H, W),
        }

    def initial_state(self, batch_size: int) -> MLSTMState:
        like, sizes = self.interface.linear.weight, (batch_size, self.pairs)
        return MLSTMState(
            memory_BHNW=like.new_zeros(*sizes, self.slots, self.width),
            keys_BHN=like.new_zeros(*sizes, self.slots),
            stabiliser_BH=like.new_full(sizes, matrix_memory.STABILISER_START),
        )

    def forward(self, h_BC: Tensor, state: MLSTMState) -> tuple[Tensor, MLSTMState, Address]:
        write, read, value_BHW, log_forget_BH, log_input_BH, output_BHW = self.written(
            h_BC, self.estimator
        )
        stabiliser_BH, forget_BH, input_BH = matrix_memory.stabilised(
            log_forget_BH, log_input_BH, state.stabiliser_BH
        )
        input_BH1, forget_BH1 = input_BH.unsqueeze(-1), forget_BH.unsqueeze(-1)
        memory_BHNW = fast_weights.store(
            forget_BH1.unsqueeze(-1) * state.memory_BHNW, write, input_BH1 * value_BHW
        )
        # the sum of keys is a memory whose every value is one
        keys_BHN1 = (forget_BH1 * state.keys_BHN).unsqueeze(-1)
        keys_BHN1 = fast_weights.store(keys_BHN1, write, input_BH1)
        read_BHW = matrix_memory.normalised(
            fast_weights.recall(memory_BHNW, read),
            fast_weights.recall(keys_BHN1, read).squeeze(-1),
            stabiliser_BH,
        )
        read_BO = (output_BHW * read_BHW).flatten(1)
        after = MLSTMState(memory_BHNW, keys_BHN1.squeeze(-1), stabiliser_BH)
        return read_BO, after, self.addresses(write, read)

    def written(
        self, h_BC: Tensor, estimator: Estimates
    ) -> tuple[Address, Address, Tensor, Tensor, Tensor, Tensor]:
        """All that a step does, which depends on the controller alone: where it writes and reads,
        each head in its own matrix, the value (B, H, W), log f and log i (B, H), and o (B, H, W).
        """
        head = self.interface(h_BC)
        write = self._address(head["key"], estimator, scale=self.slots**-0.5)
        read = self._address(head["query"], estimator)
        forget_BH = head["forget"]
        log_forget_BH = logsigmoid(forget_BH) if self.forget == "sigmoid" else forget_BH
        return write, read, head["value"], log_forget_BH, head["input"], head["output"].sigmoid()

    def addresses(self, write: Address, read: Address) -> Address:
        """Of both heads of every matrix; of none where keys are no weightings."""
        return join_heads(write, read).heads(slice(len(self.heads)))

    def _address(self, key_BHN: Tensor, estimator: Estimates, scale: float = 1.0) -> Address:
        if self.keys == "linear":
            return Address.of(scale * key_BHN)
        return estimator(key_BHN.softmax(-1))
