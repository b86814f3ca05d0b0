"""The memory tape of the Reinforcement Learning NTM (Zaremba and Sutskever, 2015)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..equations import memory, tape
from ..estimators import Estimator
from ..interface import Interface
from ..options import require_number, require_positive
from ..registry import cells
from ..storage import Memory, Start
from ..types import Address, join_heads
from .base import MemoryCell, head_names


class RLNTMState(NamedTuple):
    """Contents, and where each head stands, in the form that its moves leave."""

    memory_BNW: Memory
    weights_BHK: Tensor
    slots_BHK: Tensor | None


@cells.register("rlntm")
class RLNTM(MemoryCell[RLNTMState]):
    """Heads that stand on a tape and choose to move by -1, 0 or +1 (RL-NTM).

    The estimator chooses among the three moves alone, so that a chosen move costs the same on any
    number of slots; log-probability and entropy in the address are those of the move of this step.
    A head writes where it stands, then moves, then reads there what the controller sees next. The
    tape wraps round. `window` (odd) is how many slots around the head are read.

    `tied` heads do all of this from one position each, as in the paper; otherwise there are `heads`
    that write and as many that read, each with its own position. A write overwrites the slot;
    with `erase` it erases and adds as an NTM does. `inverse_temperature` scales the scores of the
    moves; the paper's 0.01 belongs to plain gradient descent and starves adaptive optimisers.

    With chosen moves and a `persistent` memory a step costs the same on any number of slots, in
    time and in memory; its results are those of the tensor.
    """

    def __init__(
        self,
        input_size: int,
        estimator: Estimator,
        *,
        slots: int = 128,
        width: int = 35,
        heads: int = 1,
        tied: bool = True,
        erase: bool = False,
        window: int = 1,
        inverse_temperature: float = 1.0,
        persistent: bool = False,
    ) -> None:
        super().__init__()
        require_positive(slots=slots, width=width, heads=heads, window=window)
        require_number("inverse_temperature", inverse_temperature, above=0)
        if window % 2 == 0:
            raise ValueError(f"window must be odd, to centre on the head, not {window}")
        self.estimator = estimator
        self.slots, self.width, self.pairs = slots, width, heads
        self.start = Start(slots, width, persistent=persistent)
        self.positions = heads if tied else 2 * heads
        self.erase, self.inverse_temperature = erase, inverse_temperature
        self.offsets = range(-(window // 2), window // 2 + 1)
        self.heads = head_names(heads, heads)
        self.read_size = heads * window * width
        shapes = {"move": (self.positions, len(tape.MOVES)), "add": (heads, width)}
        self.interface = Interface(
            input_size, shapes | ({"erase": (heads, width)} if erase else {})
        )

    def initial_state(self, batch_size: int) -> RLNTMState:
        like = self.interface.linear.weight
        # no move so far: the address of an empty weighting, dense or sparse as later ones
        stay = self.estimator(like.new_zeros(batch_size, self.positions, len(tape.MOVES)))
        position = tape.move(tape.start(batch_size, self.positions, like), stay, self.slots)
        memory_BNW = self.start.memory(batch_size, like)
        return RLNTMState(memory_BNW, position.weights_BHK, position.slots_BHK)

    def forward(self, h_BC: Tensor, state: RLNTMState) -> tuple[Tensor, RLNTMState, Address]:
        head = self.interface(h_BC)
        moves = self.estimator((self.inverse_temperature * head["move"]).softmax(-1))
        before = moves._replace(weights_BHK=state.weights_BHK, slots_BHK=state.slots_BHK)
        after = tape.move(before, moves, self.slots)
        write, read = before.heads(slice(self.pairs)), after.heads(slice(-self.pairs, None))
        if self.positions == self.pairs:
            # write and read share one move, which counts once, as that of the read
            write = write.unchosen()
        erase = head["erase"].sigmoid() if self.erase else torch.ones_like(head["add"])
        memory_BNW = memory.write(state.memory_BNW, write, erase, head["add"])
        reads = [
            memory.read(memory_BNW, tape.beside(read, offset, self.slots))
            for offset in self.offsets
        ]
        state = RLNTMState(memory_BNW, after.weights_BHK, after.slots_BHK)
        return torch.cat(reads, 1).flatten(1), state, join_heads(write, read)
