"""Stacks of rows with strengths: the neural stack (Grefenstette et al., 2015)."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from ..equations import strengths
from ..estimators import Estimator
from ..interface import Interface
from ..options import require_number, require_positive
from ..registry import cells
from ..types import Address, join_heads
from .base import MemoryCell, head_names


class NeuralStackState(NamedTuple):
    """Rows from the oldest on, and the strength of each."""

    memory_BHNW: Tensor
    strength_BHN: Tensor


@cells.register("neural_stack")
class NeuralStack(MemoryCell[NeuralStackState]):
    """Pops so much strength, then pushes a row with so much, and reads the top of it (section 3.1).

    The estimator chooses twice for each stack: to push or not, and to pop or not, each a weighting
    over these two. Soft, they are the paper's strengths d and u; chosen, a stack is a list, which
    may be popped and pushed in one step. A stack has `slots` rows: where all have strength, a push
    loses the oldest. `pop_bias` is what the bias of a pop starts from.

    The write head's address is where the row is pushed, with its strength, and its log-probability
    and entropy are those of that choice; the read head's is what is read, and those of the pop.
    """

    contents: ClassVar = ("memory_BHNW",)

    def __init__(
        self,
        input_size: int,
        estimator: Estimator,
        *,
        slots: int = 128,
        width: int = 20,
        stacks: int = 1,
        pop_bias: float = 0.0,
    ) -> None:
        super().__init__()
        require_positive(slots=slots, width=width, stacks=stacks)
        require_number("pop_bias", pop_bias)
        self.estimator = estimator
        self.slots, self.width, self.stacks = slots, width, stacks
        self.heads = head_names(stacks, stacks)
        self.read_size = stacks * width
        self.interface = Interface(input_size, self.shapes)
        with torch.no_grad():
            nn.init.constant_(self.interface.bias_of("pop"), pop_bias)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The parameters of the stacks, as the interface cuts them, with their shapes."""
        return {"push": (self.stacks,), "pop": (self.stacks,), "row": (self.stacks, self.width)}

    def initial_state(self, batch_size: int) -> NeuralStackState:
        like = self.interface.linear.weight
        shape = (batch_size, self.stacks, self.slots)
        return NeuralStackState(like.new_zeros(*shape, self.width), like.new_zeros(shape))

    def forward(
        self, h_BC: Tensor, state: NeuralStackState
    ) -> tuple[Tensor, NeuralStackState, Address]:
        head = self.interface(h_BC)
        scores_BH = torch.cat([head["push"], head["pop"]], -1)
        # a weighting over doing it and not: of one choice alone there would be nothing to shuffle
        weighting_BH2 = torch.stack([scores_BH, -scores_BH], -1).sigmoid()
        choice = self.estimator(weighting_BH2)
        push_BH, pop_BH = choice.dense(2)[..., 0].chunk(2, -1)
        left_BHN = strengths.popped(state.strength_BHN, pop_BH)
        after = strengths.pushed(state.memory_BHNW, left_BHN, push_BH, head["row"].tanh())
        read_BHN = strengths.top(after.strength_BHN)
        read_BHW = (read_BHN.unsqueeze(2) @ after.rows_BHNW).squeeze(2)
        pushing, popping = choice.heads(slice(self.stacks)), choice.heads(slice(self.stacks, None))
        written_BHN = after.place_BHN * push_BH.unsqueeze(-1)
        address = join_heads(
            pushing._replace(weights_BHK=written_BHN, slots_BHK=None),
            popping._replace(weights_BHK=read_BHN, slots_BHK=None),
        )
        return read_BHW.flatten(1), NeuralStackState(after.rows_BHNW, after.strength_BHN), address
