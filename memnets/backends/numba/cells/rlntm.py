"""The RL-NTM's part of a fused rollout."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from ....cells.rlntm import RLNTM, RLNTMState
from ....equations.tape import MOVES
from ....interface import Interface
from ....types import Address as Pointed
from ..address import Address
from ..rollouts.arena import Array
from ..rollouts.base import CellRun
from ..rollouts.draws import Draws, choice_of
from ..rollouts.run import Run, RunGradients
from ..rollouts.threads import over_samples
from . import rlntm_dense, rlntm_sparse
from .base import numba_cells
from .rlntm_heads import Columns, Options
from .rlntm_steps import Gradients, Steps

Given = tuple[Array | None, Array | None, Array | None]


@numba_cells.register("rlntm")
class RLNTMRun(CellRun):
    """Every option of the RL-NTM but a persistent memory.

    Chosen moves lead from one slot to one slot, dense ones over all: each has kernels of its own.
    """

    built_of = {"interface": Interface}
    cell: RLNTM

    @staticmethod
    def lacks(cell: RLNTM) -> str | None:
        if cell.start.persistent:
            return "no kernel for persistent"
        choice = choice_of(cell.estimator)
        if choice is None or choice.kept is None:
            return None
        # one move that keeps its weight leads to one slot, of another weight than one
        one = choice.kept(cell.estimator.in_force(), len(MOVES)) == 1
        return "no kernel for one move with its weight" if one else None

    @staticmethod
    def choosing(cell: RLNTM) -> tuple[int, int]:
        """All positions choose their moves together."""
        return 0, cell.positions

    @staticmethod
    def among(cell: RLNTM) -> int:
        """The moves."""
        return len(MOVES)

    def interface(self) -> tuple[Tensor, Tensor]:
        weight_IC, bias_I = super().interface()
        if self.cell.inverse_temperature == 1:
            return weight_IC, bias_I
        scale_I = torch.ones_like(bias_I)
        start = self.cell.interface.offsets()["move"]
        scale_I[start : start + self.cell.positions * len(MOVES)] = self.cell.inverse_temperature
        return weight_IC * scale_I.unsqueeze(-1), bias_I * scale_I

    def tensors(self, state: RLNTMState, inputs_TBX: Tensor) -> tuple[Tensor, ...]:
        # a persistent memory is refused
        contents_BNW = cast(Tensor, state.memory_BNW)
        external_TBX = inputs_TBX if self.cell.direct_access else inputs_TBX[..., :0]
        named = () if state.slots_BHK is None else (state.slots_BHK,)
        return external_TBX, contents_BNW, state.weights_BHK, *named

    def forward(self, run: Run, own: tuple[Array, ...], draws: Draws) -> None:
        external_TBX, memory_BNW, weights_BHK, *named = own
        steps, batch, cell, empty = self.steps, self.batch, self.cell, self.arena.empty
        depth = steps if self.keep else 1
        at = (steps, batch, cell.positions)
        self.trace = Steps(
            **run.trace(),
            external_TBX=np.ascontiguousarray(external_TBX),
            raw_TBI=empty(depth, batch, run.weights.interface_bias_I.shape[0]),
            weighting_TBHD=empty(depth, *at[1:], len(MOVES)),
            moves=Address(
                empty(*at, len(MOVES)),
                np.empty(at, np.int64),
                empty(*at),
                empty(*at),
                np.empty((*at, self.kept), np.int64),
            ),
            draws_TBHU=draws.read_TBRU,
        )
        written = (batch, cell.pairs * len(cell.write_offsets), cell.width)
        if named:
            slots_TBH = np.empty((steps + 1, *at[1:]), np.int64)
            slots_TBH[0] = named[0][..., 0]
            self.tape: Any = rlntm_sparse.Tape(
                slot_TBH=slots_TBH,
                weight_BH=weights_BHK[..., 0].copy(),
                erase_TBPW=empty(depth, *written),
                add_TBPW=empty(depth, *written),
                log_TBPW=empty(depth, *written),
                memory_BNW=memory_BNW.copy(),
            )
        else:
            self.tape = rlntm_dense.Tape(
                positions_TBHN=self.states(weights_BHK),
                erase_TBPW=empty(steps, *written),
                add_TBPW=empty(steps, *written),
                memory_BWN=np.array(memory_BNW.transpose(0, 2, 1), np.float32, order="C"),
                kept_TBWN=empty(
                    -(-steps // rlntm_dense.EVERY) if self.keep else 0,
                    batch, cell.width, cell.slots,
                ),
            )  # fmt: skip
        self.kernels = rlntm_sparse if named else rlntm_dense
        over_samples(self.kernels.forward, *self._arguments(run), batch=batch)

    def address(self) -> tuple[Array, ...]:
        pairs, moves = self.cell.pairs, self.trace.moves
        if self.kernels is rlntm_sparse:
            slots_TBH = self.tape.slot_TBH
            weights_TBHK = np.broadcast_to(
                self.tape.weight_BH[..., None], (self.steps + 1, *slots_TBH.shape[1:], 1)
            )
        else:
            weights_TBHK = self.tape.positions_TBHN
            slots_TBH = np.zeros(weights_TBHK.shape[:-1], np.int64)
        written, read = (slice(None, -1), slice(None), slice(pairs)), slice(-pairs, None)
        described = [moves.log_prob_BH, moves.entropy_BH]
        if self.cell.positions == pairs:
            # one move counts once, as that of the read
            described = [np.concatenate([np.zeros_like(x), x], 2) for x in described]
        return (
            np.concatenate([weights_TBHK[written], weights_TBHK[1:, :, read]], 2),
            np.concatenate([slots_TBH[written], slots_TBH[1:, :, read]], 2),
            *described,
        )

    def rolled(self, weights: Tensor, slots: Tensor, log_prob: Tensor, entropy: Tensor) -> Pointed:
        named = slots.unsqueeze(-1) if self.kernels is rlntm_sparse else None
        return Pointed(weights, named, log_prob, entropy)

    def final(self) -> tuple[Array, ...]:
        if self.kernels is rlntm_dense:
            # what a later write would change, the backward pass does not need
            return self.tape.memory_BWN.transpose(0, 2, 1), self.tape.positions_TBHN[-1].copy()
        memory_BNW = self.tape.memory_BNW
        # the backward pass starts from these contents, whatever becomes of the state
        memory_BNW = memory_BNW.copy() if self.keep else memory_BNW
        slots_BHK = self.tape.slot_TBH[-1, ..., None].copy()
        return memory_BNW, self.tape.weight_BH[..., None].copy(), slots_BHK

    def state(self, final: tuple[Tensor, ...], weights_BHN: Tensor) -> RLNTMState:
        memory_BNW, weights_BHK, *named = final
        return RLNTMState(memory_BNW, weights_BHK, named[0] if named else None)

    def backward(
        self, run: Run, grads: RunGradients, address: Given, final: tuple[Array | None, ...]
    ) -> tuple[Tensor | None, ...]:
        weights, *described = address
        at = (self.steps, self.batch, self.cell.positions)
        log_prob, entropy = (
            self.arena.zeros(*at)
            if grad is None
            else np.ascontiguousarray(grad[:, :, -self.cell.positions :])
            for grad in described
        )
        to = Gradients(
            **vars(grads),
            external_TBX=self.arena.zeros(*self.trace.external_TBX.shape),
            log_prob_TBH=log_prob,
            entropy_TBH=entropy,
        )
        sparse, pairs = self.kernels is rlntm_sparse, self.cell.pairs
        if weights is None:
            weights = np.zeros((0, self.batch, 2 * pairs, 1 if sparse else self.cell.slots))
        weights = weights.astype(np.float32)
        groups = [weights[:, :, :pairs], weights[:, :, pairs:]]
        memory = self._incoming(final[0], self.batch, self.cell.slots, self.cell.width)
        positions = self._incoming(final[1], *at[1:], weights.shape[-1])
        if sparse:
            groups = [group[..., 0] for group in groups]
            state = (memory, positions[..., 0].copy())
        else:
            state = (np.ascontiguousarray(memory.transpose(0, 2, 1)), positions)
        to_tape = self.kernels.TapeGradients(*state, *map(np.ascontiguousarray, groups))
        over_samples(self.kernels.backward, *self._arguments(run), to, to_tape, batch=self.batch)
        external = torch.from_numpy(to.external_TBX)
        if sparse:
            weight = torch.from_numpy(to_tape.weight_BH).unsqueeze(-1)
            return external, torch.from_numpy(to_tape.memory_BNW), weight, None
        to_memory = torch.from_numpy(to_tape.memory_BWN).transpose(1, 2)
        return external, to_memory, torch.from_numpy(to_tape.positions_BHN)

    def _incoming(self, grad: Array | None, *shape: int) -> Array:
        return self.arena.zeros(*shape) if grad is None else np.array(grad, np.float32, order="C")

    def _arguments(self, run: Run) -> tuple[Any, ...]:
        cell = self.cell
        columns = Columns(**cell.interface.offsets())
        options = Options(
            pairs=cell.pairs,
            window=len(cell.offsets),
            write_window=len(cell.write_offsets),
            erase=cell.erase,
            tanh=cell.squash,
            last_moves=cell.last_moves,
            direct_access=cell.direct_access,
        )
        common = (run.controller, self.choice, columns, options, run.weights)
        return *common, self.trace, self.tape
