"""The DNC's part of a fused rollout."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ....cells.dnc import DNC, DNCState
from ..choice import SOFT
from ..contents import DENSE
from ..dnc import EVERY, Trace, forward
from ..dnc_backward import Gradients, backward
from ..dnc_heads import Allocation, Following, Heads, Options
from ..ntm_heads import Address
from ..threads import over_samples
from .base import Array, CellRun, Run, RunGradients
from .draws import Draws


class DNCRun(CellRun):
    """The DNC and its fixes but for masks, sharpened links and layer normalisation."""

    cell: DNC

    @staticmethod
    def refuses(cell: DNC) -> str | None:
        for option in ("masking", "sharpness"):
            if getattr(cell, option):
                return f"no kernel for {option}"
        return None if isinstance(cell.norm, torch.nn.Identity) else "no kernel for layer_norm"

    def seen(self, hidden_XC: Tensor) -> Tensor:
        clip = self.cell.clip
        return hidden_XC if clip is None else hidden_XC.clamp(-clip, clip)

    def tensors(self, state: DNCState, inputs_TBX: Tensor) -> tuple[Tensor, ...]:
        return tuple(state)

    @property
    def options(self) -> Options:
        """The cell's options as the kernels take them."""
        cell = self.cell
        return Options(
            cell.links,
            cell.deallocation,
            cell.usage_stop_gradient,
            np.float32(cell.usage_floor),
            np.float32(cell.strength == "oneplus"),
            np.float32(np.inf if cell.clip is None else cell.clip),
        )

    def forward(self, run: Run, own: tuple[Array, ...], draws: Draws) -> None:
        memory_BNW, usage_BN, link_BPNN, precedence_BPN, writes_BPN, reads_BRN = own
        steps, batch, cell, soft = self.steps, self.batch, self.cell, self.kind == SOFT
        P, R, N = cell.writes, cell.reads, cell.slots
        empty = self.arena.empty
        depth = steps if self.keep else 1
        every = -(-steps // EVERY) if self.keep else 0
        followed = N if cell.links else 0
        erase = empty(steps, batch, P, cell.width)
        row = empty(0 if soft else depth, batch, P, followed)
        self.trace = Trace(
            run.input_TBG,
            run.gates_TBQ,
            run.cell_TBC,
            run.hidden_TBC,
            run.read_TBR,
            self._heads(depth, P, N),
            self._address(writes_BPN),
            draws.write_TBPU,
            self._heads(depth, R, followed),
            self._address(reads_BRN),
            draws.read_TBRU,
            Allocation(
                empty(depth, batch, R),
                empty(depth, batch, P),
                empty(depth, batch, P),
                empty(depth, batch, N),
                empty(depth, batch, P, N),
                empty(depth, batch, P, 2 * N).view(np.int64),
                empty(depth, batch, P, N),
            ),
            Following(
                empty(depth, batch, R, 2 * P + 1),
                empty(depth, batch, R, P, followed),
                empty(depth, batch, R, P, followed),
            ),
            erase,
            empty(*erase.shape),
            self._states(usage_BN),
            self._states(precedence_BPN),
            np.array(memory_BNW.transpose(0, 2, 1), np.float32, order="C"),
            empty(every, batch, cell.width, N),
            np.array(link_BPNN, np.float32, order="C"),
            empty(every if soft else 0, *link_BPNN.shape),
            row,
            empty(*row.shape),
        )
        arguments = (run.controller, self.kind, self.options, run.weights, self.trace)
        over_samples(forward, *arguments, batch=batch)

    def address(self) -> tuple[Array, Array, Array, Array]:
        write, read = self.trace.write_address, self.trace.read_address
        pairs = zip(write, read, strict=True)
        weights, slot, log_prob, entropy = (np.concatenate([w[1:], r[1:]], 2) for w, r in pairs)
        return weights, slot, log_prob, entropy

    def final(self) -> tuple[Array, ...]:
        trace = self.trace
        links = trace.link_BPNN
        if self.keep and self.kind != SOFT:
            # the way back starts from the links as they are now, whatever becomes of the state
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
        rolling = trace.link_BPNN if self.kind == SOFT else trace.link_BPNN.copy()
        to = Gradients(
            grads.hidden_TBC,
            grads.read_TBR,
            *self._incoming(slice(0, cell.writes), *address),
            *self._incoming(slice(cell.writes, None), *address),
            grads.fed_TBG,
            grads.recurrent_TBG,
            grads.interface_TBI,
            grads.cell_BC,
            grads.hidden_BC,
            grads.hidden_now_BC,
            grads.read_BR,
            memory,
            used,
            link,
            precedence,
            np.zeros((batch, cell.writes, cell.slots), np.float32),
            np.zeros((batch, cell.reads, cell.slots), np.float32),
            rolling,
        )
        arguments = (run.controller, self.kind, self.options, run.weights, trace, to)
        over_samples(backward, *arguments, batch=batch)
        own = (used, link, precedence, to.write_weights_BPN, to.read_weights_BRN)
        return torch.from_numpy(memory.transpose(0, 2, 1)), *map(torch.from_numpy, own)

    def _incoming(
        self, heads: slice, weights: Array | None, log_prob: Array | None, entropy: Array | None
    ) -> tuple[Array, Array, Array]:
        count = len(range(*heads.indices(len(self.cell.heads))))
        none = self.arena.empty(0, self.batch, count, self.cell.slots)
        nothing = np.zeros((self.steps, self.batch, count), np.float32)
        return (
            none if weights is None else np.ascontiguousarray(weights[:, :, heads]),
            nothing if log_prob is None else np.ascontiguousarray(log_prob[:, :, heads]),
            nothing if entropy is None else np.ascontiguousarray(entropy[:, :, heads]),
        )

    def _heads(self, depth: int, heads: int, mixed: int) -> Heads:
        """Room for a group; `mixed` slots where its weighting is more than the content's."""
        by_head = (depth, self.batch, heads)
        return Heads(
            self.arena.empty(*by_head, self.cell.width),
            self.arena.empty(*by_head),
            self.arena.empty(*by_head),
            self.arena.empty(*by_head, self.cell.slots),
            self.arena.empty(*by_head, self.cell.slots),
            self.arena.empty(*by_head, mixed),
        )

    def _address(self, weights_BHN: Array) -> Address:
        weights = self._states(weights_BHN)
        at = weights.shape[:-1]
        return Address(
            weights, np.full(at, DENSE, np.int64), self.arena.empty(*at), self.arena.empty(*at)
        )

    def _states(self, first: Array) -> Array:
        states = self.arena.empty(self.steps + 1, *first.shape)
        states[0] = first
        return states
