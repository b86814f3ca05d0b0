"""TARDIS's part of a fused rollout."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from ....cells.tardis import TARDIS, TARDISState
from ....interface import Interface
from ..address import Address
from ..memory import DENSE
from ..rollouts.arena import Array
from ..rollouts.base import CellRun
from ..rollouts.draws import Draws
from ..rollouts.run import Run, RunGradients
from ..rollouts.threads import over_samples
from .base import numba_cells
from .tardis_backward import Gradients, backward
from .tardis_forward import EVERY, Columns, Learned, Scored, Trace, Written, forward


@numba_cells.register("tardis")
class TARDISRun(CellRun):
    """Every option of TARDIS but a persistent memory."""

    built_of = {"interface": Interface, "row": nn.Linear}
    cell: TARDIS

    @staticmethod
    def lacks(cell: TARDIS) -> str | None:
        return "no kernel for persistent" if cell.start.persistent else None

    @staticmethod
    def choosing(cell: TARDIS) -> tuple[int, int]:
        """The write goes where is free or where was just read."""
        return 0, 1

    def interface(self) -> tuple[Tensor, Tensor]:
        weight_IC, bias_I = super().interface()
        start = self.cell.interface.offsets()["micro"]
        micro = slice(start, start + self.cell.width)
        # what the score will see of the new content is one more thing to ask of the hidden state
        _, row_FW, _ = self._rows()
        return (
            torch.cat([weight_IC, row_FW @ weight_IC[micro]]),
            torch.cat([bias_I, row_FW @ bias_I[micro]]),
        )

    def tensors(self, state: TARDISState, inputs_TBX: Tensor) -> tuple[Tensor, ...]:
        # a persistent memory is refused
        content_BNW, cell = cast(Tensor, state.content_BNW), self.cell
        self.usage_has_gradient = state.usage_BN.requires_grad
        self.next_B = state.filled_B.long().numpy()
        self.filled_B = (state.filled_B + self.steps).clamp_max(cell.slots)
        row_FA, row_FW, count_F = self._rows()
        return (
            content_BNW,
            linear(content_BNW, row_FW),
            state.usage_BN,
            state.read_BN,
            row_FA @ cell.key.t(),
            count_F,
            cell.vector,
        )

    def forward(self, run: Run, own: tuple[Array, ...], draws: Draws) -> None:
        content_BNW, projected_BNF, usage_BN, read_BN, key_FN, count_F, vector_F = own
        steps, batch, slots, empty = self.steps, self.batch, self.cell.slots, self.arena.empty
        features, width = key_FN.shape[0], self.cell.width
        depth = steps if self.keep else 1
        # where one slot is written, what it held is logged, and nothing else need be kept
        kept = 0 if self.choice.one_slot or not self.keep else -(-steps // EVERY)
        self.learned = Learned(
            np.ascontiguousarray(key_FN), np.ascontiguousarray(count_F), vector_F
        )
        self.trace = Trace(
            **run.trace(),
            scored=Scored(
                query_BF=empty(depth, batch, features),
                counts_BN=empty(depth, batch, slots),
                deviation_B=empty(depth, batch),
                weighting_BRN=empty(depth, batch, 1, slots),
            ),
            written=Written(
                micro_BW=empty(depth, batch, width),
                projected_BF=empty(depth, batch, features),
                log_BW=empty(depth, batch, width),
                log_BF=empty(depth, batch, features),
            ),
            write_address=Address(
                empty(steps, batch, 1, slots),
                np.full((steps, batch, 1), DENSE, np.int64),
                self.arena.zeros(steps, batch, 1),
                self.arena.zeros(steps, batch, 1),
                np.empty((steps, batch, 1, self.kept), np.int64),
            ),
            read_address=self.addresses_from(read_BN[:, None]),
            read_draws_TBRU=draws.read_TBRU,
            next_B=self.next_B,
            usage_BN=self._copied(usage_BN),
            memory_BWN=self._copied(content_BNW.transpose(0, 2, 1)),
            projected_BFN=self._copied(projected_BNF.transpose(0, 2, 1)),
            kept_TBWN=empty(kept, batch, width, slots),
            kept_TBFN=empty(kept, batch, features, slots),
        )
        over_samples(forward, *self._arguments(run), batch=batch)

    def final(self) -> tuple[Array, ...]:
        return self.trace.memory_BWN.transpose(0, 2, 1), self.trace.usage_BN

    def state(self, final: tuple[Tensor, ...], weights_BHN: Tensor) -> TARDISState:
        content_BNW, usage_BN = final
        return TARDISState(
            content_BNW,
            # as in the reference, a gradient reaches it from where it started and nowhere else
            usage_BN if self.usage_has_gradient else usage_BN.detach(),
            weights_BHN[:, 1].detach(),
            self.filled_B,
        )

    def backward(
        self,
        run: Run,
        grads: RunGradients,
        address: tuple[Array | None, Array | None, Array | None],
        final: tuple[Array | None, ...],
    ) -> tuple[Tensor | None, ...]:
        trace, zeros = self.trace, self.arena.zeros
        memory, usage = zeros(*trace.memory_BWN.shape), zeros(*trace.usage_BN.shape)
        if final[0] is not None:
            memory[:] = final[0].transpose(0, 2, 1)
        if final[1] is not None:
            usage[:] = final[1]
        per_sample = (self.batch, len(self.learned.count_F))
        to = Gradients(
            **vars(grads),
            read_address=self.incoming(slice(1, None), *address),
            memory_BWN=memory,
            projected_BFN=zeros(*trace.projected_BFN.shape),
            usage_BN=usage,
            previous_BN=zeros(*usage.shape),
            key_BFN=zeros(*trace.projected_BFN.shape),
            count_BF=zeros(*per_sample),
            vector_BF=zeros(*per_sample),
        )
        over_samples(backward, *self._arguments(run), to, batch=self.batch)
        shared = (torch.from_numpy(x).sum(0) for x in (to.key_BFN, to.count_BF, to.vector_BF))
        return (
            torch.from_numpy(memory).transpose(1, 2),
            torch.from_numpy(to.projected_BFN).transpose(1, 2),
            torch.from_numpy(usage),
            torch.from_numpy(to.previous_BN),
            *shared,
        )

    def _rows(self) -> tuple[Tensor, Tensor, Tensor]:
        """The score's map of a slot: of its key, of its content and of its count."""
        cell = self.cell
        row_FA, row_FW, row_F1 = cell.row.weight.split([cell.key.shape[1], cell.width, 1], 1)
        return row_FA, row_FW, row_F1[:, 0]

    def _copied(self, array: Array) -> Array:
        """A contiguous copy, to be changed in place."""
        copy = self.arena.empty(*array.shape)
        copy[:] = array
        return copy

    def _arguments(self, run: Run) -> tuple[Any, ...]:
        # `interface` appends the projected content's columns
        projected = self.cell.interface.linear.out_features
        columns = Columns(**self.cell.interface.offsets(), projected=projected)
        penalty = np.float32(self.cell.penalty)
        return (
            run.controller, self.choice, columns, penalty, run.weights, self.learned, self.trace
        )  # fmt: skip
