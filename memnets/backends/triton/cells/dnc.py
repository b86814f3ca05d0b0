"""The DNC's part of a rollout by Triton kernels."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ....cells.dnc import DNC, DNCState
from ....interface import Interface
from ..sizes import TILE, Constants, offsets, padded, shared
from ..tensors import rows
from .base import CellRun, triton_cells
from .dnc_backward import backward
from .dnc_forward import forward

LINK_LIMIT = 4096
"""Most numbers that a row of links, seen by every read head, may have, in powers of two."""


class Kept(NamedTuple):
    """What every step keeps for the backward pass; usage and precedence have T + 1 rows.

    `used` are the usages that each of the P write heads found, `sorted` the same in ascending order
    and `place` each slot's place in it. The M read modes weigh 2 P paths along the links and the
    content. Links are saved now and then, as the memory is.
    """

    usage: Tensor
    used_TBPN: Tensor
    allocation_TBPN: Tensor
    sorted_TBPN: Tensor
    place_TBPN: Tensor
    precedence: Tensor
    paths_TBPRN: Tensor
    modes_TBRM: Tensor
    saved_link: Tensor


@triton_cells.register("dnc")
class DNCRun(CellRun):
    """The DNC but for `masking`, `sharpness`, `layer_norm` and a `clip` below 1."""

    built_of = {"interface": Interface, "norm": nn.Identity}
    forward_kernel = forward
    backward_kernel = backward
    cell: DNC

    @staticmethod
    def refuses(cell: DNC) -> str | None:
        for option in ("masking", "sharpness", "layer_norm"):
            if getattr(cell, option):
                return f"no Triton kernel for {option}"
        # a controller's outputs lie within 1: a wider clip changes nothing
        if cell.clip is not None and cell.clip < 1:
            return f"no Triton kernel for a clip below 1, as is {cell.clip}"
        followed = padded(cell.slots) * padded(cell.reads)
        if cell.links and followed > LINK_LIMIT:
            return (
                f"{cell.reads} read heads along the links of {cell.slots} slots are {followed} "
                f"numbers in powers of two, a Triton kernel holds {LINK_LIMIT}"
            )
        return None

    def _constants(self, controller_size: int, lstm: bool) -> Constants:
        cell, face = self.cell, self.cell.interface.linear.out_features
        N, P, R = padded(cell.slots), cell.writes, cell.reads
        # without links there are no read modes, and the kernels read none
        return {"MODES": 0} | {
            **shared(cell.slots, cell.width, controller_size, lstm, cell.read_size, face),
            **offsets(cell.interface),
            **{"P": P, "R": R, "HP": padded(R), "MP": padded(2 * P + 1), "LINKS": cell.links},
            **{"DEALLOCATION": cell.deallocation, "STOP": cell.usage_stop_gradient},
            "FLOOR": float(cell.usage_floor),
            "LEAST_STRENGTH": float(cell.strength == "oneplus"),
            # a program holds a block's links, their products, and those with all heads' weights
            "BLOCK_LINK": min(N, max(1, TILE // (N * max(2, padded(R))))),
            "BLOCK_USED": min(N, max(1, TILE // N)),
        }

    def tensors(self, state: DNCState) -> tuple[Tensor, ...]:
        memory_BNW, *own, writes_BPN, reads_BRN = state
        return memory_BNW, torch.cat([writes_BPN, reads_BRN], 1), *own

    def state(self, memory_BNW: Tensor, weights_BHN: Tensor, own: tuple[Tensor, ...]) -> DNCState:
        writes_BPN, reads_BRN = weights_BHN.split([self.cell.writes, self.cell.reads], 1)
        usage_BN, link_BPNN, precedence_BPN = own
        return DNCState(memory_BNW, usage_BN, link_BPNN, precedence_BPN, writes_BPN, reads_BRN)

    def trace(
        self, own: tuple[Tensor, ...], steps: int, saves: int
    ) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        usage_BN, link_BPNN, precedence_BPN = own
        (B, N), P, R = usage_BN.shape, self.cell.writes, self.cell.reads
        new, links = usage_BN.new_empty, self.cell.links
        kept = Kept(
            usage=rows(usage_BN, steps),
            used_TBPN=new(steps, B, P, N),
            allocation_TBPN=new(steps, B, P, N),
            sorted_TBPN=new(steps, B, P, N),
            place_TBPN=new(steps, B, P, N, dtype=torch.int32),
            precedence=rows(precedence_BPN, steps),
            paths_TBPRN=new(steps, B, 2 * P, R, N if links else 0),
            modes_TBRM=new(steps, B, R, 2 * P + 1 if links else 0),
            saved_link=new(saves, *link_BPNN.shape),
        )
        # the kernel leaves the last links where it found the first
        return kept, (link_BPNN.contiguous().clone(),)

    def last(self, kept: tuple[Tensor, ...], passing: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        found = Kept(*kept)
        return found.usage[-1].clone(), *passing, found.precedence[-1].clone()

    def workspace(self, kept: tuple[Tensor, ...], batch: int, every: int) -> tuple[Tensor, ...]:
        saved_link, slots = Kept(*kept).saved_link, self.cell.slots
        replay_link = saved_link.new_empty(batch, every, *saved_link.shape[2:])
        return replay_link, saved_link.new_empty(batch, self.cell.reads + 1, slots)
