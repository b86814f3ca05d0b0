"""The Dynamic Neural Turing Machine's memory (Gulcehre, Chandar, Cho and Bengio, 2017)."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from .. import equations
from ..equations import memory
from ..estimators import Estimator
from ..interface import Interface, oneplus
from ..options import require_number, require_one_of, require_positive
from ..registry import cells
from ..types import Address, join_heads
from .base import MemoryCell, head_names

CONTENT_START = 1e-6
"""Starting content, as in the authors' code: the cosine is defined from the first step on."""

GRADIENT_BOUND = 1e12
"""The gradient that a step hands back to the contents before it is kept within this. The candidate
is unbounded: on inputs of 1e4 a gradient that sees every slot would overflow in a few steps."""

CANDIDATES: dict[str, Callable[[Tensor], Tensor]] = {"relu": torch.relu, "tanh": torch.tanh}
STRENGTHS: dict[str, Callable[[Tensor], Tensor]] = {"oneplus": oneplus, "softplus": softplus}
RECENCIES = ("score", "similarity")


class DNTMState(NamedTuple):
    """Contents (the learned addresses are parameters), and where each head looked lately."""

    content_BNW: Tensor
    recent_BHN: Tensor


@cells.register("dntm")
class DNTM(MemoryCell[DNTMState]):
    """A learned address and a written content per slot, and recency (D-NTM).

    A row is [address ; content]; keys see both, reads return both, writes change the content. The
    candidate content is W h + α V x + b, squashed, where α is a gate on the network's input x
    (`gated_input`). Writes first, then reads what was written, as the authors' code does, unless
    `read_first`. `read_steps` reads several times per input, the controller running in between.
    `no_op` gives every head one more learned row: what falls there touches nothing.

    Paper against authors' code: `candidate` relu, tanh; `strength` oneplus, softplus; recency of
    the `score` (decay 0.1), of the `similarity` (0.04); `separate_erase` address (the paper), or
    erasing where it writes (the code, and the default).
    """

    takes_input: ClassVar[bool] = True
    contents: ClassVar = ("content_BNW",)

    def __init__(
        self,
        input_size: int,
        estimator: Estimator,
        *,
        external_size: int,
        slots: int = 128,
        width: int = 20,
        address_width: int = 8,
        write_heads: int = 1,
        read_heads: int = 1,
        read_steps: int = 1,
        read_first: bool = False,
        recency: bool = True,
        recency_decay: float = 0.1,
        recency_of: str = "score",
        no_op: bool = True,
        candidate: str = "relu",
        gated_input: bool = True,
        strength: str = "oneplus",
        separate_erase: bool = False,
    ) -> None:
        super().__init__()
        require_positive(
            slots=slots,
            width=width,
            address_width=address_width,
            write_heads=write_heads,
            read_heads=read_heads,
            read_steps=read_steps,
        )
        require_number("recency_decay", recency_decay, least=0, below=1)
        require_one_of("candidate", candidate, CANDIDATES)
        require_one_of("strength", strength, STRENGTHS)
        require_one_of("recency_of", recency_of, RECENCIES)
        self.estimator = estimator
        self.slots, self.width, self.address_width = slots, width, address_width
        self.writes, self.reads = write_heads, read_heads
        self.recency, self.recency_decay, self.recency_of = recency, recency_decay, recency_of
        self.bookkeeping = () if recency else ("recent_BHN",)
        self.no_op, self.candidate, self.strength = no_op, candidate, strength
        self.read_steps, self.read_first = read_steps, read_first
        self.separate_erase = separate_erase
        self.addressed_writes = write_heads * (2 if separate_erase else 1)
        once = head_names(self.addressed_writes, read_heads)
        reads = once[self.addressed_writes :]
        later = (f"{name}, step {step}" for step in range(2, read_steps + 1) for name in reads)
        self.heads = (*once, *later)
        self.read_size = read_heads * (address_width + width)
        self.interface = Interface(input_size, self.shapes)
        self.gate_input: nn.Linear | None = None
        if gated_input:
            self.gate_input = nn.Linear(input_size + external_size, write_heads)
            self.from_input = nn.Linear(external_size, write_heads * width, bias=False)
        # the last row, where there is a no-op, is its address
        self.address = nn.Parameter(_address_start(slots + no_op, address_width))

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The parameters of the heads, as the interface cuts them, with their shapes."""
        H = self.addressed_writes + self.reads
        shapes: dict[str, tuple[int, ...]] = {
            "key": (H, self.address_width + self.width),
            "strength": (H,),
            "erase": (self.writes, self.width),
            "candidate": (self.writes, self.width),
        }
        return shapes | ({"recency_gate": (H,)} if self.recency else {})

    def initial_state(self, batch_size: int) -> DNTMState:
        heads = self.addressed_writes + self.reads
        return DNTMState(
            self.address.new_full((batch_size, self.slots, self.width), CONTENT_START),
            self.address.new_zeros(batch_size, heads, len(self.address)),
        )

    def forward(
        self, h_BC: Tensor, state: DNTMState, x_BX: Tensor | None = None
    ) -> tuple[Tensor, DNTMState, Address]:
        head = self.interface(h_BC)
        before_BNW = state.content_BNW
        rows_BNW = self._rows(before_BNW)
        write, state = self._address(head, state, rows_BNW, slice(0, self.addressed_writes))
        erase_BPW, add_BPW = head["erase"].sigmoid(), self._candidate(head, h_BC, x_BX)
        if self.separate_erase:
            nothing_BPW = torch.zeros_like(erase_BPW)
            erase_BPW = torch.cat([erase_BPW, nothing_BPW], 1)
            add_BPW = torch.cat([nothing_BPW, add_BPW], 1)
        written_BNW = memory.write(before_BNW, write, erase_BPW, add_BPW)
        if written_BNW.requires_grad:
            written_BNW.register_hook(_bounded)
        source_BNW = before_BNW if self.read_first else written_BNW
        read_BO, state, read = self._read(head, state._replace(content_BNW=source_BNW))
        return read_BO, state._replace(content_BNW=written_BNW), join_heads(write, read)

    def read_again(self, h_BC: Tensor, state: DNTMState) -> tuple[Tensor, DNTMState, Address]:
        return self._read(self.interface(h_BC), state)

    def _read(self, head: dict[str, Tensor], state: DNTMState) -> tuple[Tensor, DNTMState, Address]:
        rows_BNW = self._rows(state.content_BNW)
        read, state = self._address(head, state, rows_BNW, slice(self.addressed_writes, None))
        return memory.read(rows_BNW, read).flatten(1), state, read

    def _candidate(self, head: dict[str, Tensor], h_BC: Tensor, x_BX: Tensor | None) -> Tensor:
        raw_BPW = head["candidate"]
        if self.gate_input is not None:
            assert x_BX is not None, "a gated candidate needs the network's input"
            gate_BP = self.gate_input(torch.cat([h_BC, x_BX], -1)).sigmoid()
            raw_BPW = raw_BPW + gate_BP.unsqueeze(-1) * self.from_input(x_BX).view_as(raw_BPW)
        return CANDIDATES[self.candidate](raw_BPW)

    def _rows(self, content_BNW: Tensor) -> Tensor:
        address = self.address[: self.slots].expand(content_BNW.shape[0], -1, -1)
        return torch.cat([address, content_BNW], -1)

    def _address(
        self, head: dict[str, Tensor], state: DNTMState, rows_BNW: Tensor, which: slice
    ) -> tuple[Address, DNTMState]:
        if self.no_op:
            blank = self.address.new_full((self.width,), CONTENT_START)
            no_op = torch.cat([self.address[self.slots], blank])
            rows_BNW = torch.cat([rows_BNW, no_op.expand(rows_BNW.shape[0], 1, -1)], 1)
        similarity_BHN = equations.content.cosine_similarity(head["key"][:, which], rows_BNW)
        strength_BH = STRENGTHS[self.strength](head["strength"][:, which])
        scores_BHN = strength_BH.unsqueeze(-1) * similarity_BHN
        if not self.recency:
            return self.estimator(scores_BHN.softmax(-1)[..., : self.slots]), state
        gate_BH = head["recency_gate"][:, which].sigmoid()
        weighting_BHN = equations.recency.recency(scores_BHN, state.recent_BHN[:, which], gate_BH)
        seen_BHN = scores_BHN if self.recency_of == "score" else similarity_BHN
        recent_BHN = state.recent_BHN.clone()
        recent_BHN[:, which] = equations.recency.recent(
            state.recent_BHN[:, which], seen_BHN, self.recency_decay
        )
        address = self.estimator(weighting_BHN[..., : self.slots])
        return address, state._replace(recent_BHN=recent_BHN)


def _bounded(gradient: Tensor) -> Tensor:
    return gradient.clamp(-GRADIENT_BOUND, GRADIENT_BOUND)


def _address_start(rows: int, width: int) -> Tensor:
    """Small random addresses whose norm falls from row to row, as in the authors' code."""
    last = 1 - 0.003 * rows
    scale_N = torch.linspace(1.0, last if last > 0.2 else 0.4, rows)
    return 0.15 * torch.randn(rows, width) * scale_N.unsqueeze(-1)
