"""A ring-buffer memory: writes to its slots in turn, reads by content."""

from typing import NamedTuple

import torch
from torch import Tensor

import memnets as mn


class RingState(NamedTuple):
    memory_BNW: Tensor
    next_BN: Tensor


class Ring(mn.MemoryCell[RingState]):
    """Overwrites the oldest slot at every step and reads by content."""

    heads = ("write", "read")
    contents = ("memory_BNW",)

    def __init__(
        self, input_size: int, estimator: mn.Estimator, *, slots: int = 16, width: int = 8
    ) -> None:
        super().__init__()
        self.estimator, self.slots, self.read_size = estimator, slots, width
        shapes = {"add": (1, width), "key": (1, width), "strength": (1,)}
        self.interface = mn.Interface(input_size, shapes)

    def initial_state(self, batch_size: int) -> RingState:
        contents = self.interface.linear.weight.new_zeros(batch_size, self.slots, self.read_size)
        return RingState(contents, torch.eye(self.slots).to(contents)[0].repeat(batch_size, 1))

    def forward(self, h_BC: Tensor, state: RingState) -> tuple[Tensor, RingState, mn.Address]:
        head = self.interface(h_BC)
        write = self.estimator(state.next_BN.unsqueeze(1))
        memory_BNW = mn.memory.write(
            state.memory_BNW, write, torch.ones_like(head["add"]), head["add"]
        )
        read = self.estimator(
            mn.equations.content.content(memory_BNW, head["key"], mn.oneplus(head["strength"]))
        )
        after = RingState(memory_BNW, state.next_BN.roll(1, -1))
        return mn.memory.read(memory_BNW, read).flatten(1), after, mn.join_heads(write, read)
