"""SAM's part of a fused rollout."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from ....cells.access import Discounted, LastAccess
from ....cells.sam import SAM, SAMState
from ....interface import Interface
from ....types import Address as RolloutAddress
from ..rollouts.arena import Array
from ..rollouts.base import CellRun
from ..rollouts.draws import Draws
from ..rollouts.run import Run, RunGradients
from ..rollouts.threads import over_samples
from .base import numba_cells
from .sam_backward import Gradients, backward
from .sam_forward import EVERY, Trace, forward
from .sam_heads import Columns, Heads, Options, Writes


@numba_cells.register("sam")
class SAMRun(CellRun):
    """Every option of SAM but a persistent memory, and with it an index."""

    built_of = {"interface": Interface}
    cell: SAM

    @staticmethod
    def lacks(cell: SAM) -> str | None:
        if cell.start.persistent:
            return "no kernel for persistent"
        if type(cell.usage) not in (LastAccess, Discounted):
            return f"no kernel for the usage {type(cell.usage).__name__}"
        return None

    @staticmethod
    def choosing(cell: SAM) -> tuple[int, int]:
        return 0, cell.pairs

    @property
    def named(self) -> bool:
        """Whether addresses are sparse."""
        return bool(self.kept or self.choice.is_sparse)

    @property
    def options(self) -> Options:
        """The cell's options as the kernels take them."""
        usage: Any = self.cell.usage
        discounted = type(usage) is Discounted
        return Options(
            named=self.named,
            key_strength=self.cell.key_strength,
            discounted=discounted,
            decay=np.float32(usage.decay if discounted else 0),
            threshold=np.float32(0 if discounted else usage.threshold),
        )

    def tensors(self, state: SAMState, inputs_TBX: Tensor) -> tuple[Tensor, ...]:
        _, _, time_B, weights_BHK, slots_BHK = state
        # a persistent memory is refused
        memory_BNW, usage_BN = cast(Tensor, state.memory_BNW), cast(Tensor, state.usage_BN)
        self.used = usage_BN.requires_grad, time_B.requires_grad
        self.first_slots = None if slots_BHK is None else self._slots(slots_BHK)
        return memory_BNW, usage_BN, time_B, weights_BHK

    def forward(self, run: Run, own: tuple[Array, ...], draws: Draws) -> None:
        memory_BNW, usage_BN, time_B, weights_BHK = own
        steps, batch, cell, empty = self.steps, self.batch, self.cell, self.arena.empty
        H, N, W, K = cell.pairs, cell.slots, cell.width, self.kept or 1
        undone = self.named or self.choice.one_slot
        wide = K + 1 if self.named else N
        dense = weights_BHK if not self.named else empty(batch, H, N)
        address = self.addresses_from(dense, columns=K)
        named = self.states(weights_BHK if self.named else empty(batch, H, 0))
        address.slots_BHK[0] = address.slot_BH[0, ..., None]
        if self.first_slots is not None:
            address.slots_BHK[0] = self.first_slots
        logged = steps if undone and self.keep else 0
        self.trace = Trace(
            **run.trace(),
            heads=self._heads(),
            write=Writes(
                empty(steps, batch, H, wide), np.empty((steps, batch, H, K + 1), np.int64)
            ),
            read_address=address,
            read_draws_TBHU=draws.read_TBRU,
            named_TBHK=named,
            usage_BN=np.array(usage_BN, np.float32, order="C"),
            time_B=np.array(time_B, np.float32),
            touched_BN=np.zeros((batch, N), np.float32),
            memory_BWN=np.array(memory_BNW.transpose(0, 2, 1), np.float32, order="C"),
            kept_TBWN=empty(0 if undone or not self.keep else -(-steps // EVERY), batch, W, N),
            log_TBPW=empty(logged, batch, H * (K + 1), W),
        )
        over_samples(forward, *self._arguments(run), batch=batch)

    def address(self) -> tuple[Array, ...]:
        """Weights and, of sparse addresses, slots in the form in which the cell joins its heads."""
        trace = self.trace
        nothing = np.zeros((self.steps, self.batch, self.cell.pairs), np.float32)
        read = trace.read_address
        log_prob = np.concatenate([nothing, read.log_prob_BH[1:]], 2)
        entropy = np.concatenate([nothing, read.entropy_BH[1:]], 2)
        if not self.named:
            weights = np.concatenate([trace.write.weights_BHZ, read.weights_BHN[1:]], 2)
            return weights, read.slot_BH[1:], log_prob, entropy
        # a read names one slot less than a write, and is filled up with the first, of weight zero
        filled = [(0, 0), (0, 0), (0, 0), (0, 1)]
        weights = np.concatenate([trace.write.weights_BHZ, np.pad(trace.named_TBHK[1:], filled)], 2)
        slots = np.concatenate([trace.write.slots_BHE, np.pad(read.slots_BHK[1:], filled)], 2)
        return weights, slots, log_prob, entropy

    def rolled(
        self, weights: Tensor, slots: Tensor, log_prob: Tensor, entropy: Tensor
    ) -> RolloutAddress:
        return RolloutAddress(weights, slots if self.named else None, log_prob, entropy)

    def final(self) -> tuple[Array, ...]:
        trace = self.trace
        # copies: the backward pass starts from these contents, whatever becomes of the state
        memory_BNW = np.array(trace.memory_BWN.transpose(0, 2, 1), order="C")
        return memory_BNW, trace.usage_BN, trace.time_B

    def state(self, final: tuple[Tensor, ...], weights_BHN: Tensor) -> SAMState:
        memory_BNW, usage_BN, time_B = final
        # as in the reference, a gradient reaches them from where they started and nowhere else
        usage_grad, time_grad = self.used
        by_time = type(self.cell.usage) is LastAccess and time_grad
        read_BHK, slots_BHK = weights_BHN[:, self.cell.pairs :], None
        if self.named:
            read_BHK = read_BHK[..., :-1]
            slots_BHK = torch.from_numpy(self.trace.read_address.slots_BHK[-1].copy())
        return SAMState(
            memory_BNW,
            usage_BN if usage_grad or by_time else usage_BN.detach(),
            time_B if time_grad else time_B.detach(),
            read_BHK,
            slots_BHK,
        )

    def backward(
        self,
        run: Run,
        grads: RunGradients,
        address: tuple[Array | None, Array | None, Array | None],
        final: tuple[Array | None, ...],
    ) -> tuple[Tensor | None, ...]:
        trace, cell, batch, zeros = self.trace, self.cell, self.batch, self.arena.zeros
        H, weights = cell.pairs, address[0]
        memory = zeros(*trace.memory_BWN.shape)
        if final[0] is not None:
            memory[:] = final[0].transpose(0, 2, 1)
        source = trace.named_TBHK if self.named else trace.read_address.weights_BHN
        wide = source.shape[-1]
        none = self.arena.empty(0, batch, H, wide)
        _, log_prob, entropy = self.incoming(slice(H, None), None, *address[1:])
        to = Gradients(
            **vars(grads),
            write_TBHZ=none if weights is None else np.ascontiguousarray(weights[:, :, :H]),
            read_TBHZ=none if weights is None else np.ascontiguousarray(weights[:, :, H:, :wide]),
            log_prob_TBH=log_prob,
            entropy_TBH=entropy,
            memory_BWN=memory,
            weights_BHZ=zeros(batch, H, wide),
        )
        over_samples(backward, *self._arguments(run), to, batch=batch)
        usage, time = self._use_backward(*final[1:])
        own = torch.from_numpy(memory.transpose(0, 2, 1)), usage, time
        return *own, torch.from_numpy(to.weights_BHZ)

    def _use_backward(
        self, usage_BN: Array | None, time_B: Array | None
    ) -> tuple[Tensor | None, Tensor | None]:
        """The gradients of the first usage and time from those of the last."""
        if usage_BN is None:
            return None, None if time_B is None else torch.from_numpy(time_B)
        if type(self.cell.usage) is Discounted:
            usage = usage_BN * np.float32(self.cell.usage.decay**self.steps)
            return torch.from_numpy(usage), None if time_B is None else torch.from_numpy(time_B)
        touched_BN = self.trace.touched_BN
        time = (usage_BN * touched_BN).sum(-1) + (0 if time_B is None else time_B)
        return torch.from_numpy(usage_BN * (1 - touched_BN)), torch.from_numpy(time)

    def _arguments(self, run: Run) -> tuple[Any, ...]:
        columns = Columns(**self.cell.interface.offsets())
        return run.controller, self.choice, columns, self.options, run.weights, self.trace

    def _slots(self, slots_BHK: Tensor) -> Array:
        """Raises IndexError for slots that there are not, which a kernel would not notice."""
        slots: Array = slots_BHK.numpy()
        if slots.size and not 0 <= slots.min() <= slots.max() < self.cell.slots:
            raise IndexError(f"the state names slots beyond the {self.cell.slots} of the memory")
        return slots

    def _heads(self) -> Heads:
        """Room for what the heads keep."""
        empty, cell = self.arena.empty, self.cell
        at = (self.steps if self.keep else 1, self.batch, cell.pairs)
        return Heads(
            query_BHW=empty(*at, cell.width),
            add_BHW=empty(*at, cell.width),
            write_gate_BH=empty(*at),
            read_gate_BH=empty(*at),
            strength_BH=empty(*at),
            key_norm_BH=empty(*at),
            cosine_BHN=empty(*at, cell.slots),
            weighting_BHN=empty(*at, cell.slots),
            least_BH=np.empty(at, np.int64),
        )
