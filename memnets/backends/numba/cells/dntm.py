"""The D-NTM's part of a fused rollout."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from ....cells.dntm import CONTENT_START, DNTM, GRADIENT_BOUND, DNTMState
from ....interface import Interface
from ..address import Address
from ..rollouts.arena import Array
from ..rollouts.base import CellRun
from ..rollouts.draws import Draws
from ..rollouts.run import Run, RunGradients
from ..rollouts.threads import over_samples
from .base import numba_cells
from .dntm_backward import Gradients, backward
from .dntm_forward import EVERY, Trace, forward
from .dntm_heads import Columns, Heads, Options


@numba_cells.register("dntm")
class DNTMRun(CellRun):
    """Every option of the D-NTM but separate erase heads and several reads per input."""

    built_of = {"interface": Interface, "gate_input": nn.Linear, "from_input": nn.Linear}
    cell: DNTM

    @staticmethod
    def lacks(cell: DNTM) -> str | None:
        if cell.separate_erase:
            return "no kernel for separate_erase"
        if cell.read_steps > 1:
            return f"the kernels read once per input, the cell {cell.read_steps} times"
        return None

    def interface(self) -> tuple[Tensor, Tensor]:
        weight_IC, bias_I = super().interface()
        gate = self.cell.gate_input
        if gate is None:
            return weight_IC, bias_I
        # the hidden state's share of the candidate's gate is one more thing to ask of it
        gate_PC, hoisted_P = (
            gate.weight[:, : weight_IC.shape[1]],
            gate.bias.new_zeros(self.cell.writes),
        )
        return torch.cat([weight_IC, gate_PC]), torch.cat([bias_I, hoisted_P])

    def tensors(self, state: DNTMState, inputs_TBX: Tensor) -> tuple[Tensor, ...]:
        self.recent_has_gradient = state.recent_BHN.requires_grad
        cell, gate = self.cell, self.cell.gate_input
        shape = (*inputs_TBX.shape[:2], cell.writes, cell.width)
        if gate is None:
            gate_input_TBP, from_input_TBPW = (
                inputs_TBX.new_zeros(shape[:3]),
                inputs_TBX.new_zeros(shape),
            )
        else:
            seen = gate.weight.shape[1] - inputs_TBX.shape[2]
            gate_input_TBP = linear(inputs_TBX, gate.weight[:, seen:], gate.bias)
            from_input_TBPW = linear(inputs_TBX, cell.from_input.weight).view(shape)
        return state.content_BNW, state.recent_BHN, cell.address, gate_input_TBP, from_input_TBPW

    @property
    def options(self) -> Options:
        """The cell's options as the kernels take them."""
        cell = self.cell
        return Options(
            read_first=cell.read_first,
            recency=cell.recency,
            recency_of_score=cell.recency_of == "score",
            recency_decay=np.float32(cell.recency_decay),
            tanh_candidate=cell.candidate == "tanh",
            gated_input=cell.gate_input is not None,
            least_strength=np.float32(cell.strength == "oneplus"),
            gradient_bound=np.float32(GRADIENT_BOUND),
        )

    def forward(self, run: Run, own: tuple[Array, ...], draws: Draws) -> None:
        content_BNW, recent_BHN, address_NA, gate_input_TBP, from_input_TBPW = own
        steps, batch, cell, one_slot = self.steps, self.batch, self.cell, self.choice.one_slot
        depth, writes, wide = steps if self.keep else 1, cell.writes, self._row_width
        write, write_at, write_recent = self._group(recent_BHN[:, :writes])
        read, read_at, read_recent = self._group(recent_BHN[:, writes:])
        erase = self.arena.empty(steps, batch, writes, wide)
        logged = self.arena.empty(depth if one_slot else 1, batch, writes, wide)
        rows = self._rows(content_BNW, address_NA)
        self.trace = Trace(
            **run.trace(),
            gate_input_TBP=np.ascontiguousarray(gate_input_TBP),
            from_input_TBPW=np.ascontiguousarray(from_input_TBPW),
            write_heads=write,
            write_address=write_at,
            write_draws_TBPU=draws.write_TBPU,
            write_recent_TBPN=write_recent,
            read_heads=read,
            read_address=read_at,
            read_draws_TBRU=draws.read_TBRU,
            read_recent_TBRN=read_recent,
            erase_TBPV=erase,
            add_TBPV=self.arena.empty(*erase.shape),
            candidate_gate_TBP=self.arena.empty(depth, batch, writes),
            log_TBPV=logged,
            rows_BVN=rows,
            kept_TBVN=self.arena.empty(
                0 if one_slot or not self.keep else -(-steps // EVERY), *rows.shape
            ),
        )
        over_samples(forward, *self._arguments(run), batch=batch)

    def final(self) -> tuple[Array, ...]:
        trace = self.trace
        content_BWN = self._contents(trace.rows_BVN)
        recent_BHN = np.concatenate([trace.write_recent_TBPN[-1], trace.read_recent_TBRN[-1]], 1)
        return np.array(content_BWN.transpose(0, 2, 1), order="C"), recent_BHN

    def state(self, final: tuple[Tensor, ...], weights_BHN: Tensor) -> DNTMState:
        # as in the reference, a gradient reaches it from where it started and from nowhere else
        return DNTMState(final[0], final[1] if self.recent_has_gradient else final[1].detach())

    def backward(
        self,
        run: Run,
        grads: RunGradients,
        address: tuple[Array | None, Array | None, Array | None],
        final: tuple[Array | None, ...],
    ) -> tuple[Tensor | None, ...]:
        trace, cell = self.trace, self.cell
        rows = self.arena.zeros(*trace.rows_BVN.shape)
        if final[0] is not None:
            self._contents(rows)[:] = final[0].transpose(0, 2, 1)
        recent = np.zeros((self.batch, len(cell.heads), rows.shape[2]), np.float32)
        if final[1] is not None:
            recent[:] = final[1]
        to = Gradients(
            **vars(grads),
            write_address=self.incoming(slice(0, cell.writes), *address),
            read_address=self.incoming(slice(cell.writes, None), *address),
            gate_input_TBP=self.arena.empty(*trace.gate_input_TBP.shape),
            from_input_TBPW=self.arena.empty(*trace.from_input_TBPW.shape),
            write_recent_BPN=np.ascontiguousarray(recent[:, : cell.writes]),
            read_recent_BRN=np.ascontiguousarray(recent[:, cell.writes :]),
            rows_BVN=rows,
        )
        over_samples(backward, *self._arguments(run), to, batch=self.batch)
        content_BNW = torch.from_numpy(self._contents(rows)).transpose(1, 2)
        address_AN = torch.from_numpy(rows[:, : -cell.width]).sum(0)
        gated = cell.gate_input is not None
        recent = np.concatenate([to.write_recent_BPN, to.read_recent_BRN], 1)
        return (
            content_BNW,
            torch.from_numpy(recent),
            address_AN.t(),
            torch.from_numpy(to.gate_input_TBP) if gated else None,
            torch.from_numpy(to.from_input_TBPW) if gated else None,
        )

    @property
    def _row_width(self) -> int:
        return self.cell.width + self.cell.address.shape[1]

    def _rows(self, content_BNW: Array, address_NA: Array) -> Array:
        """Every sample's own rows, the address above the content, slots contiguous."""
        rows = self.arena.empty(self.batch, self._row_width, len(address_NA))
        rows[:, : -self.cell.width] = address_NA.T
        rows[:, -self.cell.width :, self.cell.slots :] = CONTENT_START
        self._contents(rows)[:] = content_BNW.transpose(0, 2, 1)
        return rows

    def _contents(self, rows_BVN: Array) -> Array:
        return rows_BVN[:, -self.cell.width :, : self.cell.slots]

    def _arguments(self, run: Run) -> tuple[Any, ...]:
        offsets = self.cell.interface.offsets()
        if self.cell.gate_input is not None:
            # `interface` appends these columns
            offsets["candidate_gate"] = self.cell.interface.linear.out_features
        columns = Columns(**offsets)
        return run.controller, self.choice, columns, self.options, run.weights, self.trace

    def _group(self, recent_BHN: Array) -> tuple[Heads, Address, Array]:
        batch, heads, rows = recent_BHN.shape
        empty = self.arena.empty
        by_head = (self.steps if self.keep else 1, batch, heads)
        kept = Heads(
            key_BHV=empty(*by_head, self._row_width),
            strength_BH=empty(*by_head),
            gate_BH=empty(*by_head),
            key_norm_BH=empty(*by_head),
            cosine_BHN=empty(*by_head, rows),
            weighting_BHN=empty(*by_head, rows),
            slots_BHN=empty(*by_head, self.cell.slots),
        )
        at = (self.steps, batch, heads)
        weights = empty(*at, rows)
        weights[..., self.cell.slots :] = 0.0
        slots = np.empty((*at, self.kept), np.int64)
        address = Address(weights, np.empty(at, np.int64), empty(*at), empty(*at), slots)
        return kept, address, self.states(recent_BHN)
