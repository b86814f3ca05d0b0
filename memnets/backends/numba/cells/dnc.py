"""The DNC's part of a fused rollout."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ....cells.dnc import DNC, DNCState
from ....interface import Interface
from ..rollouts.arena import Array
from ..rollouts.base import CellRun
from ..rollouts.draws import Draws
from ..rollouts.run import Run, RunGradients
from ..rollouts.threads import over_samples
from .base import numba_cells
from .dnc_allocation import Allocation
from .dnc_backward import Gradients, backward
from .dnc_forward import EVERY, Trace, forward
from .dnc_heads import Columns, Following, Heads, Options


@numba_cells.register("dnc")
class DNCRun(CellRun):
    """The DNC and its fixes but for masks, sharpened links and layer normalisation."""

    built_of = {"interface": Interface, "norm": nn.Identity}
    cell: DNC

    @staticmethod
    def lacks(cell: DNC) -> str | None:
        for option in ("masking", "sharpness", "layer_norm"):
            if getattr(cell, option):
                return f"no kernel for {option}"
        return None

    def seen(self, hidden_BC: Tensor) -> Tensor:
        clip = self.cell.clip
        return hidden_BC if clip is None else hidden_BC.clamp(-clip, clip)

    def tensors(self, state: DNCState, inputs_TBX: Tensor) -> tuple[Tensor, ...]:
        return tuple(state)

    @property
    def options(self) -> Options:
        """The cell's options as the kernels take them."""
        cell = self.cell
        return Options(
            links=cell.links,
            deallocation=cell.deallocation,
            stop_gradient=cell.usage_stop_gradient,
            usage_floor=np.float32(cell.usage_floor),
            least_strength=np.float32(cell.strength == "oneplus"),
            clip=np.float32(np.inf if cell.clip is None else cell.clip),
        )

    def forward(self, run: Run, own: tuple[Array, ...], draws: Draws) -> None:
        memory_BNW, usage_BN, link_BPNN, precedence_BPN, writes_BPN, reads_BRN = own
        steps, batch, cell, empty = self.steps, self.batch, self.cell, self.arena.empty
        P, R, N, W = cell.writes, cell.reads, cell.slots, cell.width
        depth = steps if self.keep else 1
        kept = -(-steps // EVERY) if self.keep else 0
        linked = N if cell.links else 0
        logged = depth if self.choice.one_slot else 0
        self.trace = Trace(
            **run.trace(),
            write_heads=self._heads(depth, P, N),
            write_address=self.addresses_from(writes_BPN),
            write_draws_TBPU=draws.write_TBPU,
            read_heads=self._heads(depth, R, linked),
            read_address=self.addresses_from(reads_BRN),
            read_draws_TBRU=draws.read_TBRU,
            allocation=Allocation(
                free_BR=empty(depth, batch, R),
                allocation_gate_BP=empty(depth, batch, P),
                write_gate_BP=empty(depth, batch, P),
                retention_BN=empty(depth, batch, N),
                used_BPN=empty(depth, batch, P, N),
                order_BPN=empty(depth, batch, P, 2 * N).view(np.int64),
                allocation_BPN=empty(depth, batch, P, N),
            ),
            following=Following(
                modes_BRM=empty(depth, batch, R, 2 * P + 1),
                forward_BRPN=empty(depth, batch, R, P, linked),
                backward_BRPN=empty(depth, batch, R, P, linked),
            ),
            erase_TBPW=empty(steps, batch, P, W),
            add_TBPW=empty(steps, batch, P, W),
            usage_TBN=self.states(usage_BN),
            precedence_TBPN=self.states(precedence_BPN),
            memory_BWN=np.array(memory_BNW.transpose(0, 2, 1), np.float32, order="C"),
            kept_TBWN=empty(kept, batch, W, N),
            link_BPNN=_without_self_links(link_BPNN),
            kept_link_TBPNN=empty(0 if self.choice.one_slot else kept, *link_BPNN.shape),
            row_TBPN=empty(logged, batch, P, linked),
            column_TBPN=empty(logged, batch, P, linked),
        )
        over_samples(forward, *self._arguments(run), batch=batch)

    def final(self) -> tuple[Array, ...]:
        trace = self.trace
        links = trace.link_BPNN
        if self.keep and self.choice.one_slot:
            # the backward pass starts from these links, whatever becomes of the state
            links = links.copy()
        memory_BNW = trace.memory_BWN.transpose(0, 2, 1)
        return memory_BNW, trace.usage_TBN[-1].copy(), links, trace.precedence_TBPN[-1].copy()

    def state(self, final: tuple[Tensor, ...], weights_BHN: Tensor) -> DNCState:
        return DNCState(*final, *weights_BHN.split([self.cell.writes, self.cell.reads], 1))

    def backward(
        self,
        run: Run,
        grads: RunGradients,
        address: tuple[Array | None, Array | None, Array | None],
        final: tuple[Array | None, ...],
    ) -> tuple[Tensor | None, ...]:
        trace, cell, batch = self.trace, self.cell, self.batch
        memory_BNW, *rest = final
        memory_BWN = None if memory_BNW is None else memory_BNW.transpose(0, 2, 1)
        shapes = trace.memory_BWN, trace.usage_TBN[0], trace.link_BPNN, trace.precedence_TBPN[0]
        memory, used, link, precedence = (
            np.zeros(like.shape, np.float32) if grad is None else np.array(grad, order="C")
            for like, grad in zip(shapes, (memory_BWN, *rest), strict=True)
        )
        restored = trace.link_BPNN.copy() if self.choice.one_slot else trace.link_BPNN
        to = Gradients(
            **vars(grads),
            write_address=self.incoming(slice(0, cell.writes), *address),
            read_address=self.incoming(slice(cell.writes, None), *address),
            memory_BWN=memory,
            usage_BN=used,
            link_BPNN=link,
            precedence_BPN=precedence,
            write_weights_BPN=np.zeros((batch, cell.writes, cell.slots), np.float32),
            read_weights_BRN=np.zeros((batch, cell.reads, cell.slots), np.float32),
            link_now_BPNN=restored,
        )
        over_samples(backward, *self._arguments(run), to, batch=batch)
        own = (used, link, precedence, to.write_weights_BPN, to.read_weights_BRN)
        return torch.from_numpy(memory.transpose(0, 2, 1)), *map(torch.from_numpy, own)

    def _arguments(self, run: Run) -> tuple[Any, ...]:
        columns = Columns(**self.cell.interface.offsets())
        return run.controller, self.choice, columns, self.options, run.weights, self.trace

    def _heads(self, depth: int, heads: int, mixed: int) -> Heads:
        """Room for what a group of heads keeps; `mixed` slots where more than content is mixed."""
        by_head = (depth, self.batch, heads)
        return Heads(
            key_BHW=self.arena.empty(*by_head, self.cell.width),
            strength_BH=self.arena.empty(*by_head),
            key_norm_BH=self.arena.empty(*by_head),
            cosine_BHN=self.arena.empty(*by_head, self.cell.slots),
            content_BHN=self.arena.empty(*by_head, self.cell.slots),
            weighting_BHN=self.arena.empty(*by_head, mixed),
        )


def _without_self_links(link_BPNN: Array) -> Array:
    """A copy with a zero diagonal: what stands there never counts (DNC: L[i, i] = 0)."""
    links = np.array(link_BPNN, np.float32, order="C")
    slots = np.arange(links.shape[-1])
    links[..., slots, slots] = 0
    return links
