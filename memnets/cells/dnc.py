"""The Differentiable Neural Computer's memory (Graves et al., 2016) and its known fixes."""

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

STRENGTHS: dict[str, Callable[[Tensor], Tensor]] = {"oneplus": oneplus, "softplus": softplus}


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

    - DNC-DMS (Csordas and Schmidhuber, 2019): `masking` looks at part of each slot, its mask never
      below `mask_floor`; `deallocation` empties what the free gates release; `sharpness` sharpens
      the weightings that follow links.
    - google-deepmind/dnc: `strength` softplus, `usage_stop_gradient`, `usage_floor` (1e-6 there),
      `clip` on the controller's output as the memory sees it (20 there).
    - ADNC (Franke et al., 2018): `layer_norm` on what the memory sees, `links` off for a
      content-based memory without the N × N matrix; its bypass dropout is the network's.
    """

    contents: ClassVar = ("memory_BNW",)

    def __init__(
        self,
        input_size: int,
        estimator: Estimator,
        *,
        slots: int = 128,
        width: int = 20,
        write_heads: int = 1,
        read_heads: int = 4,
        masking: bool = False,
        mask_floor: float = 0.0,
        deallocation: bool = False,
        sharpness: bool = False,
        strength: str = "oneplus",
        usage_stop_gradient: bool = False,
        usage_floor: float = 0.0,
        clip: float | None = None,
        layer_norm: bool = False,
        links: bool = True,
    ) -> None:
        super().__init__()
        require_positive(slots=slots, width=width, write_heads=write_heads, read_heads=read_heads)
        require_one_of("strength", strength, STRENGTHS)
        require_number("mask_floor", mask_floor, least=0, most=1)
        require_number("usage_floor", usage_floor, least=0, below=1)
        if clip is not None:
            require_number("clip", clip, above=0)
        self.estimator = estimator
        self.slots, self.width = slots, width
        self.writes, self.reads = write_heads, read_heads
        self.masking, self.mask_floor = masking, mask_floor
        self.deallocation, self.sharpness, self.links = deallocation, sharpness, links
        self.layer_norm = layer_norm
        self.strength = strength
        self.usage_stop_gradient, self.usage_floor = usage_stop_gradient, usage_floor
        self.clip = clip
        self.heads = head_names(write_heads, read_heads)
        self.read_size = read_heads * width
        self.norm = nn.LayerNorm(input_size) if layer_norm else nn.Identity()
        self.interface = Interface(input_size, self.shapes)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The parameters of the heads, as the interface cuts them, with their shapes."""
        R, P, W = self.reads, self.writes, self.width
        shapes: dict[str, tuple[int, ...]] = {
            "read_key": (R, W),
            "read_strength": (R,),
            "write_key": (P, W),
            "write_strength": (P,),
            "erase": (P, W),
            "add": (P, W),
            "free": (R,),
            "allocation_gate": (P,),
            "write_gate": (P,),
        }
        if self.links:
            shapes["modes"] = (R, 2 * P + 1)
        if self.links and self.sharpness:
            shapes["sharpness"] = (2, R, P)
        if self.masking:
            shapes |= {"read_mask": (R, W), "write_mask": (P, W)}
        return shapes

    def initial_state(self, batch_size: int) -> DNCState:
        like = self.interface.linear.weight
        B, N, P, R = batch_size, self.slots, self.writes, self.reads
        L = N if self.links else 0
        return DNCState(
            memory_BNW=like.new_zeros(B, N, self.width),
            usage_BN=like.new_zeros(B, N),
            link_BPNN=like.new_zeros(B, P, L, L),
            precedence_BPN=like.new_zeros(B, P, L),
            writes_BPN=like.new_zeros(B, P, N),
            reads_BRN=like.new_zeros(B, R, N),
        )

    def forward(self, h_BC: Tensor, state: DNCState) -> tuple[Tensor, DNCState, Address]:
        head = self._heads(h_BC)
        retention_BN = equations.usage.retention(head["free"].sigmoid(), state.reads_BRN)
        usage_BN = equations.usage.usage(
            state.usage_BN,
            state.writes_BPN,
            retention_BN,
            stop_gradient=self.usage_stop_gradient,
        )
        write = self.estimator(self._write_weightings(head, state.memory_BNW, usage_BN))
        writes_BPN = write.dense(self.slots)
        kept_BNW = state.memory_BNW
        if self.deallocation:
            kept_BNW = equations.usage.deallocate(kept_BNW, retention_BN)
        memory_BNW = memory.write(kept_BNW, write, head["erase"].sigmoid(), head["add"])
        link_BPNN, precedence_BPN = state.link_BPNN, state.precedence_BPN
        if self.links:
            link_BPNN = equations.links.link(link_BPNN, precedence_BPN, writes_BPN)
            precedence_BPN = equations.links.precedence(precedence_BPN, writes_BPN)
        read = self.estimator(self._read_weightings(head, memory_BNW, link_BPNN, state.reads_BRN))
        reads_BRN = read.dense(self.slots)
        after = DNCState(memory_BNW, usage_BN, link_BPNN, precedence_BPN, writes_BPN, reads_BRN)
        return memory.read(memory_BNW, read).flatten(1), after, join_heads(write, read)

    def _heads(self, h_BC: Tensor) -> dict[str, Tensor]:
        h_BC = self.norm(h_BC)
        return self.interface(h_BC if self.clip is None else h_BC.clamp(-self.clip, self.clip))

    def _content(self, head: dict[str, Tensor], access: str, memory_BNW: Tensor) -> Tensor:
        key_BHW, strength_BH = (
            head[f"{access}_key"],
            STRENGTHS[self.strength](head[f"{access}_strength"]),
        )
        if not self.masking:
            return equations.content.content(memory_BNW, key_BHW, strength_BH)
        open_BHW = head[f"{access}_mask"].sigmoid()
        mask_BHW = self.mask_floor + (1 - self.mask_floor) * open_BHW
        return equations.content.masked_content(memory_BNW, key_BHW, strength_BH, mask_BHW)

    def _write_weightings(
        self, head: dict[str, Tensor], memory_BNW: Tensor, usage_BN: Tensor
    ) -> Tensor:
        content_BPN = self._content(head, "write", memory_BNW)
        allocation_gate_BP = head["allocation_gate"].sigmoid()
        write_gate_BP = head["write_gate"].sigmoid()
        weightings = []
        for p in range(self.writes):
            allocation_BN = equations.usage.allocation(usage_BN, floor=self.usage_floor)
            gates = allocation_gate_BP[:, p], write_gate_BP[:, p]
            weightings.append(
                equations.usage.write_weighting(content_BPN[:, p], allocation_BN, *gates)
            )
            taken_BN = (gates[0] * gates[1]).unsqueeze(-1) * allocation_BN
            usage_BN = usage_BN + (1 - usage_BN) * taken_BN
        return torch.stack(weightings, 1)

    def _read_weightings(
        self, head: dict[str, Tensor], memory_BNW: Tensor, link_BPNN: Tensor, reads_BRN: Tensor
    ) -> Tensor:
        content_BRN = self._content(head, "read", memory_BNW)
        if not self.links:
            return content_BRN
        forward, backward = equations.links.forward_backward(link_BPNN, reads_BRN)
        if self.sharpness:
            sharpness = oneplus(head["sharpness"])
            forward = equations.links.sharpen_link(forward, sharpness[:, 0])
            backward = equations.links.sharpen_link(backward, sharpness[:, 1])
        return equations.links.mix_read_modes(
            head["modes"].softmax(-1), backward, content_BRN, forward
        )
