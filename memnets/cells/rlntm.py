"""The memory tape of the Reinforcement Learning NTM (Zaremba and Sutskever, 2015)."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from ..equations import memory, tape
from ..estimators import Estimator
from ..interface import Interface
from ..options import require_number, require_one_of, require_positive
from ..registry import cells
from ..storage import Memory, Start
from ..types import Address, join_heads
from .base import MemoryCell, head_names

WRITTEN = ("linear", "tanh")


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

    The paper writes to one slot. Its authors' code writes to two more on either side, with a vector
    of its own for each: `write_window` (odd) is how many, wanted with `erase`, since a slot that is
    passed would else be overwritten at each step. There, `written` is "tanh" of the vector.

    With `last_moves` what the controller sees next ends with the moves that were just made, three
    numbers per position. `direct_access` is the paper's other controller, as in that code:

    - input to memory: each written slot is scaled by one gate more, and the network's input, as
      wide as the slot at most, is added through another;
    - memory and input to output: a gated sum of each head's window, and the gated input, are read
      too, for the readout, which maps them linearly (the code adds them to the logits as they are).

    With chosen moves and a `persistent` memory a step costs the same on any number of slots, in
    time and in memory; its results are those of the tensor.
    """

    takes_input: ClassVar[bool] = True
    contents: ClassVar = ("memory_BNW",)

    def __init__(
        self,
        input_size: int,
        estimator: Estimator,
        *,
        external_size: int | None = None,
        slots: int = 128,
        width: int = 35,
        heads: int = 1,
        tied: bool = True,
        erase: bool = False,
        window: int = 1,
        write_window: int = 1,
        written: str = "linear",
        inverse_temperature: float = 1.0,
        last_moves: bool = False,
        direct_access: bool = False,
        persistent: bool = False,
    ) -> None:
        super().__init__()
        require_positive(
            slots=slots, width=width, heads=heads, window=window, write_window=write_window
        )
        require_number("inverse_temperature", inverse_temperature, above=0)
        require_one_of("written", written, WRITTEN)
        for name, size in (("window", window), ("write_window", write_window)):
            if size % 2 == 0:
                raise ValueError(f"{name} must be odd, to centre on the head, not {size}")
        if direct_access and not 0 < (external_size or 0) <= width:
            raise ValueError(
                "direct_access needs slots as wide as the network's input, external_size "
                f"{external_size}: width is {width}"
            )
        self.estimator = estimator
        self.slots, self.width, self.pairs = slots, width, heads
        self.start = Start(slots, width, persistent=persistent)
        self.positions = heads if tied else 2 * heads
        self.erase, self.inverse_temperature = erase, inverse_temperature
        self.squash, self.last_moves, self.direct_access = (
            written == "tanh",
            last_moves,
            direct_access,
        )
        self.offsets, self.write_offsets = _centred(window), _centred(write_window)
        self.heads = head_names(heads, heads)
        self.read_size = heads * window * width
        if last_moves:
            self.read_size += self.positions * len(tape.MOVES)
        if direct_access:
            self.read_size += heads * width + (external_size or 0)
        self.interface = Interface(input_size, self.shapes)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The parameters of the heads, as the interface cuts them, with their shapes."""
        written = self.pairs * len(self.write_offsets)
        shapes: dict[str, tuple[int, ...]] = {
            "move": (self.positions, len(tape.MOVES)),
            "add": (written, self.width),
        }
        if self.erase:
            shapes["erase"] = (written, self.width)
        if self.direct_access:
            shapes |= {
                "keep_gate": (written,),
                "input_gate": (written,),
                "read_gate": (self.pairs, len(self.offsets)),
                "skip_gate": (1,),
            }
        return shapes

    def initial_state(self, batch_size: int) -> RLNTMState:
        like = self.interface.linear.weight
        # no move so far: the address of an empty weighting, dense or sparse as later ones
        stay = self.estimator(like.new_zeros(batch_size, self.positions, len(tape.MOVES)))
        position = tape.move(tape.start(batch_size, self.positions, like), stay, self.slots)
        memory_BNW = self.start.memory(batch_size, like)
        return RLNTMState(memory_BNW, position.weights_BHK, position.slots_BHK)

    def forward(
        self, h_BC: Tensor, state: RLNTMState, x_BX: Tensor | None = None
    ) -> tuple[Tensor, RLNTMState, Address]:
        head = self.interface(h_BC)
        moves = self.estimator((self.inverse_temperature * head["move"]).softmax(-1))
        before = moves._replace(weights_BHK=state.weights_BHK, slots_BHK=state.slots_BHK)
        after = tape.move(before, moves, self.slots)
        write, read = before.heads(slice(self.pairs)), after.heads(slice(-self.pairs, None))
        if self.positions == self.pairs:
            # write and read share one move, which counts once, as that of the read
            write = write.unchosen()
        written = tape.around(write, self.write_offsets, self.slots)
        memory_BNW = memory.write(state.memory_BNW, written, *self._vectors(head, x_BX))
        read_BO = self._read(memory_BNW, read, moves, head, x_BX)
        state = RLNTMState(memory_BNW, after.weights_BHK, after.slots_BHK)
        return read_BO, state, join_heads(write, read)

    def _vectors(self, head: dict[str, Tensor], x_BX: Tensor | None) -> tuple[Tensor, Tensor]:
        """What each written slot is erased by, and what is added."""
        add_BPW = head["add"].tanh() if self.squash else head["add"]
        erase_BPW = head["erase"].sigmoid() if self.erase else torch.ones_like(add_BPW)
        if not self.direct_access:
            return erase_BPW, add_BPW
        assert x_BX is not None, "a cell with direct access is given the input"
        keep_BP1, gate_BP1 = (
            head[name].sigmoid().unsqueeze(-1) for name in ("keep_gate", "input_gate")
        )
        shown_B1W = pad(x_BX, (0, self.width - x_BX.shape[-1])).unsqueeze(1)
        # two writes in a row: that of the vectors, then that of the input
        erase_BPW = 1 - (1 - erase_BPW) * keep_BP1
        return erase_BPW, keep_BP1 * add_BPW + gate_BP1 * shown_B1W

    def _read(
        self,
        memory_BNW: Memory,
        address: Address,
        moves: Address,
        head: dict[str, Tensor],
        x_BX: Tensor | None,
    ) -> Tensor:
        """Everything that is read, (B, O)."""
        reads = [
            memory.read(memory_BNW, tape.beside(address, offset, self.slots))
            for offset in self.offsets
        ]
        parts = [torch.cat(reads, 1).flatten(1)]
        if self.last_moves:
            parts.append(moves.dense(len(tape.MOVES)).flatten(1))
        if self.direct_access:
            assert x_BX is not None, "a cell with direct access is given the input"
            gates = head["read_gate"].sigmoid().unsqueeze(-1).unbind(2)
            gated = [gate * read for gate, read in zip(gates, reads, strict=True)]
            parts += [sum(gated[1:], gated[0]).flatten(1), head["skip_gate"].sigmoid() * x_BX]
        return torch.cat(parts, 1)


def _centred(window: int) -> range:
    """The distances from a head of so many slots around it."""
    return range(-(window // 2), window // 2 + 1)
