"""The NTM's part of a fused rollout."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...cells.ntm import NTM, NTMState
from ..ntm import EVERY, Gradients, Trace, forward
from ..ntm_backward import backward
from ..ntm_heads import Address, Heads
from ..threads import over_samples
from .base import Array, CellRun, Run, RunGradients


class NTMRun(CellRun):
    """Every option of the NTM; the starting state is the cell's own affair."""

    cell: NTM

    @staticmethod
    def refuses(cell: NTM) -> str | None:
        return None

    def tensors(self, state: NTMState, inputs_TBX: Tensor) -> tuple[Tensor, ...]:
        return (state.memory_BNW, state.weights_BHN)

    def forward(self, run: Run, own: tuple[Array, ...], uniforms_TX: Array) -> None:
        memory_BNW, weights_BHN = own
        steps, batch, cell = self.steps, self.batch, self.cell
        kept = -(-steps // EVERY) if self.keep else 0
        write, write_at = self._group(weights_BHN[:, : cell.writes])
        read, read_at = self._group(weights_BHN[:, cell.writes :])
        cut = batch * cell.writes
        erase = _empty(steps, batch, cell.writes, cell.width)
        self.trace = Trace(
            run.input_TBG,
            run.gates_TBQ,
            run.cell_TBC,
            run.hidden_TBC,
            run.read_TBR,
            write,
            write_at,
            _uniforms(uniforms_TX[:, :cut], steps, batch, cell.writes),
            read,
            read_at,
            _uniforms(uniforms_TX[:, cut:], steps, batch, len(cell.heads) - cell.writes),
            erase,
            np.empty_like(erase),
            np.array(memory_BNW.transpose(0, 2, 1), np.float32, order="C"),
            _empty(kept, batch, cell.width, cell.slots),
        )
        arguments = (run.controller, self.kind, cell.read_first, run.weights, self.trace)
        over_samples(forward, *arguments, batch=batch)

    def address(self) -> tuple[Array, Array, Array, Array]:
        write, read = self.trace.write_address, self.trace.read_address
        return tuple(np.concatenate([w[1:], r[1:]], 2) for w, r in zip(write, read, strict=True))

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
        shape = trace.memory_BWN.shape
        memory = np.zeros(shape, np.float32)
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
            np.zeros((batch, cell.writes, cell.slots), np.float32),
            np.zeros((batch, len(cell.heads) - cell.writes, cell.slots), np.float32),
        )
        arguments = (run.controller, self.kind, cell.read_first, run.weights, trace, to)
        over_samples(backward, *arguments, batch=batch)
        first = np.concatenate([to.write_weights_BPN, to.read_weights_BRN], 1)
        return torch.from_numpy(memory.transpose(0, 2, 1)), torch.from_numpy(first)

    def _incoming(
        self, heads: slice, weights: Array | None, log_prob: Array | None, entropy: Array | None
    ) -> tuple[Array, Array, Array]:
        count = len(range(*heads.indices(len(self.cell.heads))))
        none = np.zeros((0, self.batch, count, self.cell.slots), np.float32)
        nothing = np.zeros((self.steps, self.batch, count), np.float32)
        return (
            none if weights is None else np.ascontiguousarray(weights[:, :, heads]),
            nothing if log_prob is None else np.ascontiguousarray(log_prob[:, :, heads]),
            nothing if entropy is None else np.ascontiguousarray(entropy[:, :, heads]),
        )

    def _group(self, weights_BHN: Array) -> tuple[Heads, Address]:
        batch, heads, slots = weights_BHN.shape
        depth = self.steps if self.keep else 1
        width, shifts = self.cell.width, self.cell.interface.shapes["shift"][1]
        by_head = (depth, batch, heads)
        kept = Heads(
            key_BHW=_empty(*by_head, width),
            strength_BH=_empty(*by_head),
            gate_BH=_empty(*by_head),
            shift_BHS=_empty(*by_head, shifts),
            power_BH=_empty(*by_head),
            key_norm_BH=_empty(*by_head),
            cosine_BHN=_empty(*by_head, slots),
            content_BHN=_empty(*by_head, slots),
            gated_BHN=_empty(*by_head, slots),
            shifted_BHN=_empty(*by_head, slots),
            log_BHN=_empty(*by_head, slots),
            weighting_BHN=_empty(*by_head, slots),
        )
        after = (self.steps + 1, batch, heads)
        weights = _empty(*after, slots)
        weights[0] = weights_BHN
        return kept, Address(weights, np.empty(after, np.int64), _empty(*after), _empty(*after))


def _uniforms(drawn_TX: Array, steps: int, batch: int, heads: int) -> Array:
    return np.ascontiguousarray(drawn_TX).reshape(steps, batch, heads)


def _empty(*shape: int) -> Any:
    return np.empty(shape, np.float32)
