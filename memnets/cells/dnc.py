"""The Differentiable Neural Computer's memory (Graves et al., 2016)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from .. import addressing, memory
from ..estimators import Estimator
from ..interface import Interface, oneplus
from ..registry import cells
from ..types import Address, join_heads
from .base import MemoryCell, head_names, require_positive


class DNCState(NamedTuple):
    """Contents, how much each slot is used, the order of writes, and where the heads pointed."""

    memory_BNW: Tensor
    usage_BN: Tensor
    link_BPNN: Tensor
    precedence_BPN: Tensor
    writes_BPN: Tensor
    reads_BRN: Tensor


@cells.register("dnc")
class DNC(MemoryCell[DNCState]):
    """Dynamic allocation by usage and temporal links between writes (DNC, methods).

    Writes first, then reads what was written. Several write heads allocate one after the other,
    each seeing what those before it took, and keep a link matrix each, as google-deepmind/dnc does.
    """

    def __init__(
        self,
        input_size: int,
        estimator: Estimator,
        *,
        slots: int = 128,
        width: int = 20,
        write_heads: int = 1,
        read_heads: int = 4,
    ) -> None:
        super().__init__()
        require_positive(slots=slots, width=width, write_heads=write_heads, read_heads=read_heads)
        self.estimator = estimator
        self.slots, self.width = slots, width
        self.writes, self.reads = write_heads, read_heads
        self.heads = head_names(write_heads, read_heads)
        self.read_size = read_heads * width
        self.interface = Interface(
            input_size,
            {
                "read_key": (read_heads, width),
                "read_strength": (read_heads,),
                "write_key": (write_heads, width),
                "write_strength": (write_heads,),
                "erase": (write_heads, width),
                "add": (write_heads, width),
                "free": (read_heads,),
                "allocation_gate": (write_heads,),
                "write_gate": (write_heads,),
                "modes": (read_heads, 2 * write_heads + 1),
            },
        )

    def initial_state(self, batch_size: int) -> DNCState:
        like = self.interface.linear.weight
        B, N, P, R = batch_size, self.slots, self.writes, self.reads
        return DNCState(
            memory_BNW=like.new_zeros(B, N, self.width),
            usage_BN=like.new_zeros(B, N),
            link_BPNN=like.new_zeros(B, P, N, N),
            precedence_BPN=like.new_zeros(B, P, N),
            writes_BPN=like.new_zeros(B, P, N),
            reads_BRN=like.new_zeros(B, R, N),
        )

    def forward(self, h_BC: Tensor, state: DNCState) -> tuple[Tensor, DNCState, Address]:
        head = self.interface(h_BC)
        retention_BN = addressing.retention(head["free"].sigmoid(), state.reads_BRN)
        usage_BN = addressing.usage(state.usage_BN, state.writes_BPN, retention_BN)
        write = self.estimator(self._write_weightings(head, state.memory_BNW, usage_BN))
        writes_BPN = write.dense(self.slots)
        memory_BNW = memory.write(state.memory_BNW, write, head["erase"].sigmoid(), head["add"])
        link_BPNN = addressing.link(state.link_BPNN, state.precedence_BPN, writes_BPN)
        precedence_BPN = addressing.precedence(state.precedence_BPN, writes_BPN)
        read = self.estimator(self._read_weightings(head, memory_BNW, link_BPNN, state.reads_BRN))
        reads_BRN = read.dense(self.slots)
        after = DNCState(memory_BNW, usage_BN, link_BPNN, precedence_BPN, writes_BPN, reads_BRN)
        return memory.read(memory_BNW, read).flatten(1), after, join_heads(write, read)

    def _write_weightings(
        self, head: dict[str, Tensor], memory_BNW: Tensor, usage_BN: Tensor
    ) -> Tensor:
        strength_BP = oneplus(head["write_strength"])
        content_BPN = addressing.content(memory_BNW, head["write_key"], strength_BP)
        allocation_gate_BP = head["allocation_gate"].sigmoid()
        write_gate_BP = head["write_gate"].sigmoid()
        weightings = []
        for p in range(self.writes):
            allocation_BN = addressing.allocation(usage_BN)
            gates = allocation_gate_BP[:, p], write_gate_BP[:, p]
            weightings.append(addressing.write_weighting(content_BPN[:, p], allocation_BN, *gates))
            taken_BN = (gates[0] * gates[1]).unsqueeze(-1) * allocation_BN
            usage_BN = usage_BN + (1 - usage_BN) * taken_BN
        return torch.stack(weightings, 1)

    def _read_weightings(
        self, head: dict[str, Tensor], memory_BNW: Tensor, link_BPNN: Tensor, reads_BRN: Tensor
    ) -> Tensor:
        content_BRN = addressing.content(
            memory_BNW, head["read_key"], oneplus(head["read_strength"])
        )
        forward, backward = addressing.forward_backward(link_BPNN, reads_BRN)
        return addressing.mix_read_modes(head["modes"].softmax(-1), backward, content_BRN, forward)
