"""Tapes that move under their heads: the memory of the tape RNN (Delétang et al., 2023)."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from ..equations import moving_tape
from ..estimators import Estimator
from ..interface import Interface
from ..options import LARGEST, require_positive, require_whole
from ..registry import cells
from ..types import Address, join_heads
from .base import MemoryCell, head_names


class TapeState(NamedTuple):
    """Contents as seen from the head, where it stands on the tape, and the input's length."""

    memory_BHNW: Tensor
    position_BHN: Tensor
    length: moving_tape.Length


@cells.register("tape")
class Tape(MemoryCell[TapeState]):
    """Overwrites the slot under its head, then moves, then reads there (tape RNN).

    The estimator chooses among moves, not slots: its weighting is over left, right, jump left and
    jump right, what this lacks to one stays. Soft, the tape is the mixture of the moved tapes; with
    one move chosen the network is a Turing machine with a learned control. There are `tapes` of
    `slots`, each with moves of its own; they wrap round, so that more slots than there are steps
    are as good as an endless tape.

    A jump is as long as the input. The paper's network is told that length before the first step,
    which a network that runs step by step is not; it can count, and the length is needed only once
    the input is over. So a jump is as long as there were steps until the first in which channel
    `marker` of the network's input is above 1/2, that step not counted: in the formal tasks the
    last channel says that an answer is asked for. While the input lasts, a jump leads to where the
    head would be had it always moved one way. Where no channel tells, `jump` is how many slots it
    spans, such as the vectors of an embedding.

    A jump is `short` slots shorter, by default none. With 1 it leads from the last symbol of a
    string to its first. A head that makes one move a step has no step to spare between two readings
    of a string, and a jump by the whole length leads from the last symbol to before the first: what
    is read once, such as in `copy`, can be read so, and what is read twice, such as in
    `duplicate_string`, only by a mixture of moves, or with more tapes.

    The paper's code makes the written vector by a small network of its own; here, as for other
    cells, it is a linear map of the controller's output.

    The write head's address is where on the tape it stood, the read head's where it stands after
    the move, whose log-probability and entropy the read has; softly, these are probabilities.
    """

    takes_input: ClassVar[bool] = True
    contents: ClassVar = ("memory_BHNW",)
    bookkeeping = ("position_BHN",)

    def __init__(
        self,
        input_size: int,
        estimator: Estimator,
        *,
        external_size: int | None = None,
        slots: int = 128,
        width: int = 8,
        tapes: int = 1,
        marker: int = -1,
        jump: int = 0,
        short: int = 0,
    ) -> None:
        super().__init__()
        require_positive(slots=slots, width=width, tapes=tapes)
        require_whole("jump", jump, least=0)
        require_whole("short", short, least=0)
        require_whole("marker", marker, least=-LARGEST)
        if external_size is not None and not -external_size <= marker < external_size:
            raise ValueError(f"marker {marker} is none of the input's {external_size} channels")
        self.estimator = estimator
        self.slots, self.width, self.tapes = slots, width, tapes
        self.marker, self.jump, self.short = marker, jump, short
        self.heads = head_names(tapes, tapes)
        self.read_size = tapes * width
        self.interface = Interface(input_size, self.shapes)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The parameters of the heads, as the interface cuts them, with their shapes."""
        return {
            "move": (self.tapes, len(moving_tape.MOVES) + 1),
            "write": (self.tapes, self.width),
        }

    def initial_state(self, batch_size: int) -> TapeState:
        like = self.interface.linear.weight
        shape = (batch_size, self.tapes, self.slots)
        position_BHN = like.new_zeros(shape)
        position_BHN[..., 0] = 1.0
        steps_B = torch.full((batch_size,), self.jump, dtype=torch.long, device=like.device)
        length = moving_tape.Length(steps_B, torch.full_like(steps_B, self.jump > 0) > 0)
        return TapeState(like.new_zeros(*shape, self.width), position_BHN, length)

    def forward(
        self, h_BC: Tensor, state: TapeState, x_BX: Tensor | None = None
    ) -> tuple[Tensor, TapeState, Address]:
        head, moves = self.interface(h_BC), len(moving_tape.MOVES)
        choice = self.estimator(head["move"].softmax(-1)[..., :moves])
        length = state.length
        if not self.jump:
            assert x_BX is not None, "a tape that jumps by the input's length is given the input"
            length = moving_tape.count(length, x_BX[:, self.marker] > 0.5)
        jumped_B = (length.steps_B - self.short).clamp_min(0)
        distances_BHK = moving_tape.distances(jumped_B).unsqueeze(1)
        if choice.slots_BHK is None:
            distances_BHK = distances_BHK.expand_as(choice.weights_BHK)
        else:
            distances_BHK = distances_BHK.expand(-1, self.tapes, -1).gather(2, choice.slots_BHK)
        written_BHNW = moving_tape.write(state.memory_BHNW, head["write"])
        memory_BHNW = moving_tape.move(written_BHNW, choice.weights_BHK, distances_BHK)
        position_BHN = moving_tape.move(
            state.position_BHN.unsqueeze(-1), choice.weights_BHK, -distances_BHK
        ).squeeze(-1)
        write = choice._replace(weights_BHK=state.position_BHN, slots_BHK=None).unchosen()
        read = choice._replace(weights_BHK=position_BHN, slots_BHK=None)
        after = TapeState(memory_BHNW, position_BHN, length)
        return memory_BHNW[:, :, 0].flatten(1), after, join_heads(write, read)
