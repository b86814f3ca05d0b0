"""The Dynamic Neural Turing Machine's memory (Gulcehre, Chandar, Cho and Bengio, 2017)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from .. import addressing, memory
from ..estimators import Estimator
from ..interface import Interface, oneplus
from ..registry import cells
from ..types import Address, join_heads
from .base import MemoryCell, head_names, require_positive

CONTENT_START = 1e-6
"""Starting content, as in the authors' code: the cosine is defined from the first step on."""

CANDIDATES = {"relu": torch.relu, "tanh": torch.tanh}


class DNTMState(NamedTuple):
    """Contents (the learned addresses are parameters), and where each head looked lately."""

    content_BNW: Tensor
    recent_BHN: Tensor


@cells.register("dntm")
class DNTM(MemoryCell[DNTMState]):
    """A learned address and a written content per slot, and recency (D-NTM, section 3).

    A row is [address ; content]; keys see both, reads return both, writes change the content.
    Writes first, then reads what was written, as the authors' code does. `no_op` gives every head
    one more learned row to choose: what falls there touches nothing. `candidate` squashes the new
    content: `relu` (the paper) or `tanh` (the code).
    """

    def __init__(
        self,
        input_size: int,
        estimator: Estimator,
        *,
        slots: int = 128,
        width: int = 20,
        address_width: int = 8,
        write_heads: int = 1,
        read_heads: int = 1,
        recency: bool = True,
        recency_decay: float = 0.1,
        no_op: bool = True,
        candidate: str = "relu",
    ) -> None:
        super().__init__()
        require_positive(
            slots=slots,
            width=width,
            address_width=address_width,
            write_heads=write_heads,
            read_heads=read_heads,
        )
        if candidate not in CANDIDATES:
            raise ValueError(f"candidate {candidate!r} is not one of {', '.join(CANDIDATES)}")
        self.estimator = estimator
        self.slots, self.width, self.writes = slots, width, write_heads
        self.recency, self.recency_decay = recency, recency_decay
        self.no_op, self.candidate = no_op, candidate
        self.heads = head_names(write_heads, read_heads)
        self.read_size = read_heads * (address_width + width)
        H = len(self.heads)
        shapes = {
            "key": (H, address_width + width),
            "strength": (H,),
            "erase": (write_heads, width),
            "candidate": (write_heads, width),
        }
        self.interface = Interface(input_size, shapes | ({"recency_gate": (H,)} if recency else {}))
        # the last row, where there is a no-op, is its address
        self.address = nn.Parameter(0.15 * torch.randn(slots + no_op, address_width))

    def initial_state(self, batch_size: int) -> DNTMState:
        return DNTMState(
            self.address.new_full((batch_size, self.slots, self.width), CONTENT_START),
            self.address.new_zeros(batch_size, len(self.heads), self.slots + self.no_op),
        )

    def forward(self, h_BC: Tensor, state: DNTMState) -> tuple[Tensor, DNTMState, Address]:
        head = self.interface(h_BC)
        write, recent_w = self._address(head, state, slice(0, self.writes))
        candidate_BPW = CANDIDATES[self.candidate](head["candidate"])
        erase_BPW = head["erase"].sigmoid()
        state = state._replace(
            content_BNW=memory.write(state.content_BNW, write, erase_BPW, candidate_BPW)
        )
        read, recent_r = self._address(head, state, slice(self.writes, None))
        read_BR = memory.read(self._rows(state.content_BNW), read).flatten(1)
        after = DNTMState(state.content_BNW, torch.cat([recent_w, recent_r], 1))
        return read_BR, after, join_heads(write, read)

    def _rows(self, content_BNW: Tensor) -> Tensor:
        address = self.address[: self.slots].expand(content_BNW.shape[0], -1, -1)
        return torch.cat([address, content_BNW], -1)

    def _address(
        self, head: dict[str, Tensor], state: DNTMState, which: slice
    ) -> tuple[Address, Tensor]:
        rows_BNW = self._rows(state.content_BNW)
        if self.no_op:
            blank = self.address.new_full((self.width,), CONTENT_START)
            no_op = torch.cat([self.address[self.slots], blank])
            rows_BNW = torch.cat([rows_BNW, no_op.expand(rows_BNW.shape[0], 1, -1)], 1)
        similarity_BHN = addressing.cosine_similarity(head["key"][:, which], rows_BNW)
        scores_BHN = oneplus(head["strength"][:, which]).unsqueeze(-1) * similarity_BHN
        recent_BHN = state.recent_BHN[:, which]
        if self.recency:
            gate_BH = head["recency_gate"][:, which].sigmoid()
            weighting_BHN = addressing.recency(scores_BHN, recent_BHN, gate_BH)
            recent_BHN = addressing.recent(recent_BHN, scores_BHN, self.recency_decay)
        else:
            weighting_BHN = scores_BHN.softmax(-1)
        return self.estimator(weighting_BHN[..., : self.slots]), recent_BHN
