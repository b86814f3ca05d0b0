"""Stacks whose actions are chosen: the memory of the Stack RNN (Joulin and Mikolov, 2015)."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from torch import Tensor

from ..equations import stack
from ..estimators import Estimator
from ..interface import Interface
from ..options import require_number, require_one_of, require_positive
from ..registry import cells
from ..types import Address, join_heads
from .base import MemoryCell, head_names

PUSHED = ("sigmoid", "linear", "tanh")


class StackState(NamedTuple):
    """Contents from the top down, and how high each stack is: probabilities of 0 to N rows."""

    memory_BHNW: Tensor
    height_BHZ: Tensor


@cells.register("stack")
class Stack(MemoryCell[StackState]):
    """Superposition stacks: push, pop, or leave it as it is (Joulin and Mikolov, section 3.2).

    The estimator chooses among actions, not slots: its weighting is over push and pop, what this
    lacks to one is the no-op. Soft, a stack is the mixture of what the actions make of it; with one
    action chosen it is a list, and the network a pushdown automaton with a learned control. It then
    reads the `depth` values at the top. Without `no_op` there are push and pop alone.

    A stack has `slots` rows: what a push moves below the last is lost, and a pop of the empty stack
    does nothing. Rows that are not there hold `empty`. `pushed` is the nonlinearity on the value of
    a push. The paper's stacks are 10 of single numbers; Delétang et al. (2023) have one of wider
    rows, `pushed` linear, `empty` 0 and `depth` 1.

    Addresses count slots from the bottom: the write head's is where a push would lie, with the
    probability of a push; the read head's is the top, and nowhere on the empty stack. Both follow
    from the actions and from how high the stack is, which is known by its probabilities, as where a
    head of the RL-NTM stands. Log-probability and entropy are those of the action, and the write's.
    """

    contents: ClassVar = ("memory_BHNW",)
    bookkeeping = ("height_BHZ",)

    def __init__(
        self,
        input_size: int,
        estimator: Estimator,
        *,
        slots: int = 128,
        width: int = 1,
        stacks: int = 10,
        depth: int = 2,
        no_op: bool = True,
        pushed: str = "sigmoid",
        empty: float = -1.0,
    ) -> None:
        super().__init__()
        require_positive(slots=slots, width=width, stacks=stacks, depth=depth)
        require_one_of("pushed", pushed, PUSHED)
        require_number("empty", empty)
        if depth > slots:
            raise ValueError(f"depth must be at most the {slots} slots, not {depth}")
        self.estimator = estimator
        self.slots, self.width, self.stacks, self.depth = slots, width, stacks, depth
        self.no_op, self.pushed, self.empty = no_op, pushed, empty
        self.heads = head_names(stacks, stacks)
        self.read_size = stacks * depth * width
        self.interface = Interface(input_size, self.shapes)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The parameters of the stacks, as the interface cuts them, with their shapes."""
        actions = len(stack.ACTIONS) + self.no_op
        return {"action": (self.stacks, actions), "push": (self.stacks, self.width)}

    def initial_state(self, batch_size: int) -> StackState:
        like = self.interface.linear.weight
        height_BHZ = like.new_zeros(batch_size, self.stacks, self.slots + 1)
        height_BHZ[..., 0] = 1.0
        shape = (batch_size, self.stacks, self.slots, self.width)
        return StackState(like.new_full(shape, self.empty), height_BHZ)

    def forward(self, h_BC: Tensor, state: StackState) -> tuple[Tensor, StackState, Address]:
        head = self.interface(h_BC)
        weighting_BHM = head["action"].softmax(-1)[..., : len(stack.ACTIONS)]
        choice = self.estimator(weighting_BHM)
        actions_BHM = choice.dense(len(stack.ACTIONS))
        pushed_BHW = head["push"]
        if self.pushed != "linear":
            pushed_BHW = pushed_BHW.sigmoid() if self.pushed == "sigmoid" else pushed_BHW.tanh()
        memory_BHNW = stack.act(state.memory_BHNW, actions_BHM, pushed_BHW, self.empty)
        height_BHZ = stack.heights(state.height_BHZ, actions_BHM)
        pushed_BHN = actions_BHM[..., :1] * stack.raised(state.height_BHZ)[..., 1:]
        write = choice._replace(weights_BHK=pushed_BHN, slots_BHK=None)
        read = choice._replace(weights_BHK=height_BHZ[..., 1:], slots_BHK=None).unchosen()
        read_BO = memory_BHNW[:, :, : self.depth].flatten(1)
        return read_BO, StackState(memory_BHNW, height_BHZ), join_heads(write, read)
