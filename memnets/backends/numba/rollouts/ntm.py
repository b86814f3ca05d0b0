"""The NTM's part of a fused rollout."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ....cells.ntm import NTM, NTMState
from ..ntm import EVERY, Gradients, Trace, forward
from ..ntm_backward import backward
from ..ntm_heads import Address, Heads
from ..threads import over_samples
from .base import Array, CellRun, Run, RunGradients
from .draws import Draws


class NTMRun(CellRun):
    """Every option of the NTM; the starting state is the cell's own affair."""

    cell: NTM

    @staticmethod
    def refuses(cell: NTM) -> str | None:
        return None

    def tensors(self, state: NTMState, inputs_TBX: Tensor) -> tuple[Tensor, ...]:
        return (state.memory_BNW, state.weights_BHN)

    def forward(self, run: Run, own: tuple[Array, ...], draws: Draws) -> None:
        memory_BNW, weights_BHN = own
        steps, batch, cell, empty = self.steps, self.batch, self.cell, self.arena.empty
        kept = -(-steps // EVERY) if self.keep else 0
        write, write_at = self._group(weights_BHN[:, : cell.writes])
        read, read_at = self._group(weights_BHN[:, cell.writes :])
        erase = empty(steps, batch, cell.writes, cell.width)
        memory_BWN = empty(batch, cell.width, cell.slots)
        memory_BWN[:] = memory_BNW.transpose(0, 2, 1)
        self.trace = Trace(
            run.input_TBG,
            run.gates_TBQ,
            run.cell_TBC,
            run.hidden_TBC,
            run.read_TBR,
            write,
            write_at,
            draws.write_TBPU,
            read,
            read_at,
            draws.read_TBRU,
            erase,
            empty(*erase.shape),
            memory_BWN,
            empty(kept, batch, cell.width, cell.slots),
        )
        arguments = (run.controller, self.kind, cell.read_first, run.weights, self.trace)
        over_samples(forward, *arguments, batch=batch)

    def address(self) -> tuple[Array, Array, Array, Array]:
        groups = zip(self.trace.write_address, self.trace.read_address, strict=True)
        weights, slots, log_prob, entropy = (np.concatenate([w[1:], r[1:]], 2) for w, r in groups)
        return weights, slots, log_prob, entropy

    def final(self) -> tuple[Array, ...]:
        return (self.trace.memory_BWN.transpose(0, 2, 1),)

    def state(self, final: tuple[Tensor, ...], weights_BHN: Tensor) -> NTMState:
        return NTMState(final[0], weights_BHN)

    def backward(
        self,
        run: Run,
        grads: RunGradients,
        address: tuple[Array | None, Array | None, Array | None],
        final: tuple[Array | None, ...],
    ) -> tuple[Tensor | None, ...]:
        trace, cell, batch = self.trace, self.cell, self.batch
        weights, log_prob, entropy = address
        zeros = self.arena.zeros
        memory = zeros(*trace.memory_BWN.shape)
        if final[0] is not None:
            memory[:] = final[0].transpose(0, 2, 1)
        write, read = slice(0, cell.writes), slice(cell.writes, None)
        to = Gradients(
            grads.hidden_TBC,
            grads.read_TBR,
            *self._incoming(write, weights, log_prob, entropy),
            *self._incoming(read, weights, log_prob, entropy),
            grads.fed_TBG,
            grads.recurrent_TBG,
            grads.interface_TBI,
            grads.cell_BC,
            grads.hidden_BC,
            grads.hidden_now_BC,
            grads.read_BR,
            memory,
            zeros(batch, cell.writes, cell.slots),
            zeros(batch, len(cell.heads) - cell.writes, cell.slots),
        )
        arguments = (run.controller, self.kind, cell.read_first, run.weights, trace, to)
        over_samples(backward, *arguments, batch=batch)
        first = np.concatenate([to.write_weights_BPN, to.read_weights_BRN], 1)
        return torch.from_numpy(memory.transpose(0, 2, 1)), torch.from_numpy(first)

    def _incoming(
        self, heads: slice, weights: Array | None, log_prob: Array | None, entropy: Array | None
    ) -> tuple[Array, Array, Array]:
        count = len(range(*heads.indices(len(self.cell.heads))))
        none = self.arena.zeros(0, self.batch, count, self.cell.slots)
        nothing = self.arena.zeros(self.steps, self.batch, count)
        return (
            none if weights is None else np.ascontiguousarray(weights[:, :, heads]),
            nothing if log_prob is None else np.ascontiguousarray(log_prob[:, :, heads]),
            nothing if entropy is None else np.ascontiguousarray(entropy[:, :, heads]),
        )

    def _group(self, weights_BHN: Array) -> tuple[Heads, Address]:
        batch, heads, slots = weights_BHN.shape
        empty = self.arena.empty
        depth = self.steps if self.keep else 1
        width, shifts = self.cell.width, self.cell.interface.shapes["shift"][1]
        by_head = (depth, batch, heads)
        kept = Heads(
            key_BHW=empty(*by_head, width),
            strength_BH=empty(*by_head),
            gate_BH=empty(*by_head),
            shift_BHS=empty(*by_head, shifts),
            power_BH=empty(*by_head),
            key_norm_BH=empty(*by_head),
            cosine_BHN=empty(*by_head, slots),
            content_BHN=empty(*by_head, slots),
            gated_BHN=empty(*by_head, slots),
            shifted_BHN=empty(*by_head, slots),
            log_BHN=empty(*by_head, slots),
            weighting_BHN=empty(*by_head, slots),
        )
        after = (self.steps + 1, batch, heads)
        weights = empty(*after, slots)
        weights[0] = weights_BHN
        return kept, Address(weights, np.empty(after, np.int64), empty(*after), empty(*after))
