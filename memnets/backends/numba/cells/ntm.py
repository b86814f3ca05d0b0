"""The NTM's part of a fused rollout."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ....cells.ntm import NTM, NTMState
from ....interface import Interface
from ..rollouts.arena import Array
from ..rollouts.base import CellRun
from ..rollouts.draws import Draws
from ..rollouts.run import Run, RunGradients
from ..rollouts.threads import over_samples
from .base import numba_cells
from .ntm_backward import backward
from .ntm_forward import EVERY, Gradients, Trace, forward
from .ntm_heads import Columns, Heads


@numba_cells.register("ntm")
class NTMRun(CellRun):
    """Every option of the NTM; the starting state is the cell's own affair."""

    built_of = {"interface": Interface}
    cell: NTM

    @staticmethod
    def lacks(cell: NTM) -> str | None:
        return None

    def tensors(self, state: NTMState, inputs_TBX: Tensor) -> tuple[Tensor, ...]:
        return (state.memory_BNW, state.weights_BHN)

    def forward(self, run: Run, own: tuple[Array, ...], draws: Draws) -> None:
        memory_BNW, weights_BHN = own
        steps, batch, cell, empty = self.steps, self.batch, self.cell, self.arena.empty
        kept = -(-steps // EVERY) if self.keep else 0
        writes, reads = cell.writes, len(cell.heads) - cell.writes
        erase = empty(steps, batch, cell.writes, cell.width)
        memory_BWN = empty(batch, cell.width, cell.slots)
        memory_BWN[:] = memory_BNW.transpose(0, 2, 1)
        self.trace = Trace(
            **run.trace(),
            write_heads=self._heads(writes),
            write_address=self.addresses_from(weights_BHN[:, :writes]),
            write_draws_TBPU=draws.write_TBPU,
            read_heads=self._heads(reads),
            read_address=self.addresses_from(weights_BHN[:, writes:]),
            read_draws_TBRU=draws.read_TBRU,
            erase_TBPW=erase,
            add_TBPW=empty(*erase.shape),
            memory_BWN=memory_BWN,
            kept_TBWN=empty(kept, batch, cell.width, cell.slots),
        )
        over_samples(forward, *self._arguments(run), batch=batch)

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
        zeros = self.arena.zeros
        memory = zeros(*trace.memory_BWN.shape)
        if final[0] is not None:
            memory[:] = final[0].transpose(0, 2, 1)
        to = Gradients(
            **vars(grads),
            write_address=self.incoming(slice(0, cell.writes), *address),
            read_address=self.incoming(slice(cell.writes, None), *address),
            memory_BWN=memory,
            write_weights_BPN=zeros(batch, cell.writes, cell.slots),
            read_weights_BRN=zeros(batch, len(cell.heads) - cell.writes, cell.slots),
        )
        over_samples(backward, *self._arguments(run), to, batch=batch)
        first = np.concatenate([to.write_weights_BPN, to.read_weights_BRN], 1)
        return torch.from_numpy(memory.transpose(0, 2, 1)), torch.from_numpy(first)

    def _arguments(self, run: Run) -> tuple[Any, ...]:
        columns = Columns(**self.cell.interface.offsets())
        read_first = self.cell.read_first
        return run.controller, self.choice, columns, read_first, run.weights, self.trace

    def _heads(self, heads: int) -> Heads:
        """Room for what a group of heads keeps."""
        empty, cell = self.arena.empty, self.cell
        at = (self.steps if self.keep else 1, self.batch, heads)
        shifts = cell.interface.shapes["shift"][1]
        return Heads(
            key_BHW=empty(*at, cell.width),
            strength_BH=empty(*at),
            gate_BH=empty(*at),
            shift_BHD=empty(*at, shifts),
            power_BH=empty(*at),
            key_norm_BH=empty(*at),
            cosine_BHN=empty(*at, cell.slots),
            content_BHN=empty(*at, cell.slots),
            gated_BHN=empty(*at, cell.slots),
            shifted_BHN=empty(*at, cell.slots),
            log_BHN=empty(*at, cell.slots),
            weighting_BHN=empty(*at, cell.slots),
        )
