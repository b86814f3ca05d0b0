"""Controller + cell + readout, one step at a time or unrolled over a sequence."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from .cells.base import MemoryCell
from .controllers import Controller
from .embedding import Embedding
from .episodes import unroll_episodes
from .estimators import Estimator
from .inputs import check_asked, check_call, check_starts, check_step
from .options import require_number
from .readout import readout_of
from .registry import backends
from .types import Address, NetworkState, Rollout, at_steps, join_heads, stack_steps

Drive = Callable[[Tensor, NetworkState], tuple[Tensor, NetworkState, Address]]
"""One step without the readout: input (B, X) and state -> the controller's output, and the rest."""


class MemoryNetwork(nn.Module):
    """A controller that sees the input and the last read, drives a memory, and is read out.

    `logits = readout([h_t ; r_t])`. State is a value: to unroll in pieces, pass it on.
    `bypass_dropout` drops parts of h_t on its way to the readout, and there only, so that the
    network leans on its memory (ADNC, Franke et al., 2018). `backend` is the registered name of
    what unrolls a sequence; it changes how long that takes, never the result.

    With an `embedding`, inputs are indices of symbols, and `input_size` is the width of its
    vectors. Controller, memory and backends see these vectors only. With `tied`, too, the logits
    are those of these symbols, by their vectors (`TiedReadout`).

    Without `feed_read` the controller sees the input alone: no step waits for an earlier read.
    """

    def __init__(
        self,
        controller: Controller,
        cell: MemoryCell,
        output_size: int,
        *,
        input_size: int,
        bypass_dropout: float = 0.0,
        embedding: Embedding | None = None,
        tied: bool = False,
        feed_read: bool = True,
        backend: str = "auto",
    ) -> None:
        super().__init__()
        if not feed_read and cell.read_steps > 1:
            steps = f"{cell.read_steps} reads a step feeds them to the controller"
            raise ValueError(f"a memory with {steps}: leave feed_read True")
        self.backend = backend
        self.input_size = input_size
        self.feed_read = feed_read
        require_number("bypass_dropout", bypass_dropout, least=0, below=1)
        self.bypass = nn.Dropout(bypass_dropout)
        self.embedding = embedding
        self.controller = controller
        self.cell = cell
        seen = controller.output_size + cell.read_size
        self.readout = readout_of(seen, output_size, embedding, tied=tied)
        self._asked: tuple[int, Tensor] | None = None

    @property
    def estimator(self) -> Estimator:
        """The cell's estimator."""
        return self.cell.estimator

    def advance(self) -> None:
        """After every update: schedules move on, and what is learned without a gradient."""
        self.cell.advance()

    @property
    def backend(self) -> str:
        """Name of what `forward` runs on; raises UnknownName where it is set to an unknown one."""
        return self._backend

    @backend.setter
    def backend(self, name: str) -> None:
        backends.get(name)
        self._backend = name

    def initial_state(self, batch_size: int) -> NetworkState:
        """State before the first step; the first read is zero."""
        return NetworkState(
            self.controller.initial_state(batch_size),
            self._precisely(self.cell.initial_state, batch_size),
            self.readout.weight.new_zeros(batch_size, self.cell.read_size),
        )

    def embed(self, inputs: Tensor) -> Tensor:
        """What controller and memory see of inputs: their vectors, or, without any, these."""
        if self.embedding is None:
            return inputs
        vectors: Tensor = self.embedding(inputs, self.readout.weight.dtype)
        return vectors

    def blank(self, steps: int, batch_size: int) -> Tensor:
        """Inputs of zeros, or of symbol 0, (T, B, X)."""
        width = self.input_size if self.embedding is None else 1
        return self.readout.weight.new_zeros(steps, batch_size, width)

    def step(self, x_BX: Tensor, state: NetworkState) -> tuple[Tensor, NetworkState, Address]:
        """One time step: logits (B, Y), the next state, and where the heads pointed.

        Always on the reference.
        """
        x_BX = self.embed(x_BX)
        check_step(x_BX, state, input_size=self.input_size, dtype=self.readout.weight.dtype)
        h_BC, state, address = self.drive(x_BX, state)
        return self.readout(torch.cat([self.bypass(h_BC), state.read_BO], -1)), state, address

    def forward(
        self,
        inputs_TBX: Tensor,
        state: NetworkState | None = None,
        starts_TB: Tensor | None = None,
        asked_SB: Tensor | None = None,
    ) -> Rollout:
        """Unroll over a sequence, from `state` or from the initial one, by the chosen backend.

        Where `starts_TB` is true an episode begins: the state before that step is the initial one,
        on every backend. Without it, a sequence is one episode.

        With `asked_SB`, steps of each sequence by number, logits are those of these steps alone,
        (S, B, Y), and no others are computed: where few of many steps are to be answered by one of
        many symbols, that is most of the work. All else is of every step. One call at a time may
        ask for steps.

        Raises ValueError for inputs, a state, starts or steps of other sizes than the network's,
        and RuntimeError, on a GPU later, for a step beyond the sequence.
        """
        inputs_TBX = self.embed(inputs_TBX)
        dtype = self.readout.weight.dtype
        check_call(inputs_TBX, state, input_size=self.input_size, dtype=dtype)
        if starts_TB is not None:
            check_starts(starts_TB, inputs_TBX)
        if asked_SB is None:
            return self._rolled(inputs_TBX, state, starts_TB)
        check_asked(asked_SB, inputs_TBX)
        self._asked = len(inputs_TBX), asked_SB
        try:
            rollout = self._rolled(inputs_TBX, state, starts_TB)
        finally:
            self._asked = None
        if len(rollout.logits_TBY) != len(inputs_TBX):
            return rollout
        # whoever ran it has computed all of them
        return rollout._replace(logits_TBY=at_steps(rollout.logits_TBY, asked_SB))

    def _rolled(
        self, inputs_TBX: Tensor, state: NetworkState | None, starts_TB: Tensor | None
    ) -> Rollout:
        run: Callable[..., Rollout] = partial(backends.get(self._backend)().run, self)
        if starts_TB is None:
            return run(inputs_TBX, state)
        first = self.initial_state(inputs_TBX.shape[1])
        return unroll_episodes(run, inputs_TBX, starts_TB, first if state is None else state, first)

    def read_out(self, hidden_TBC: Tensor, read_TBO: Tensor) -> Tensor:
        """The logits of these steps, (T, B, Y), from the controller's outputs and the reads.

        In a call that asks for some steps of a sequence, those of these steps alone, (S, B, Y), if
        the whole sequence is given. Then it is called once, with all sequences.
        """
        seen_TBZ = torch.cat([self.bypass(hidden_TBC), read_TBO], -1)
        if self._asked is not None:
            steps, asked_SB = self._asked
            if len(seen_TBZ) == steps > len(asked_SB):
                seen_TBZ = at_steps(seen_TBZ, asked_SB)
        logits_TBY: Tensor = self.readout(seen_TBZ)
        return logits_TBY

    def unroll(
        self, inputs_TBX: Tensor, state: NetworkState, drive: Drive | None = None
    ) -> Rollout:
        """The reference: a plain loop over the steps; `drive` stands in for the network's own."""
        if not len(inputs_TBX):
            return self._of_no_steps(inputs_TBX, state)
        drive = drive or self.drive
        hidden, reads, addresses = [], [], []
        # unbind, not indexing: each index would add a whole (T, B, X) gradient per step
        for x_BX in inputs_TBX.unbind(0):
            h_BC, state, address = drive(x_BX, state)
            hidden.append(h_BC)
            reads.append(state.read_BO)
            addresses.append(address)
        hidden_TBC = torch.stack(hidden)
        logits_TBY = self.read_out(hidden_TBC, torch.stack(reads))
        return Rollout(logits_TBY, stack_steps(addresses), state, hidden_TBC)

    def features(self, rollout: Rollout) -> Tensor:
        """The controller's outputs that a baseline may see, (T, B, C): none after a step's choices.

        Where the cell reads several times a step, the controller's output of that step has seen
        some of them: that of the step before stands in, zeros at the first.
        """
        hidden_TBC = rollout.hidden_TBC
        if self.cell.read_steps == 1:
            return hidden_TBC
        return torch.cat([torch.zeros_like(hidden_TBC[:1]), hidden_TBC[:-1]])

    def _of_no_steps(self, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
        """An empty rollout, in the form of that of one step, which is run and dropped."""
        device = inputs_TBX.device
        with torch.random.fork_rng([device] if device.type == "cuda" else []), torch.no_grad():
            x_BX = inputs_TBX.new_zeros(inputs_TBX.shape[1:])
            h_BC, after, address = self.drive(x_BX, state)
        hidden_TBC, reads_TBO = h_BC.unsqueeze(0)[:0], after.read_BO.unsqueeze(0)[:0]
        logits_TBY = self.read_out(hidden_TBC, reads_TBO)
        stacked = stack_steps([address])
        nothing = Address._make(None if part is None else part[:0] for part in stacked)
        return Rollout(logits_TBY, nothing, state, hidden_TBC)

    def drive(self, x_BX: Tensor, state: NetworkState) -> tuple[Tensor, NetworkState, Address]:
        """One step without the readout: the controller's output (B, C), next state and address."""
        fed = torch.cat([x_BX, state.read_BO], -1) if self.feed_read else x_BX
        h_BC, controller = self.controller(fed, state.controller)
        external = (x_BX.to(self.readout.weight.dtype),) if self.cell.takes_input else ()
        read_BO, cell, address = self._precisely(self.cell, h_BC, state.cell, *external)
        for _ in range(self.cell.read_steps - 1):
            h_BC, controller = self.controller(torch.cat([x_BX, read_BO], -1), controller)
            read_BO, cell, again = self._precisely(self.cell.read_again, h_BC, cell)
            address = join_heads(address, again)
        return h_BC, NetworkState(controller, cell, read_BO), address

    def _precisely(self, call: Callable[..., Any], *values: Any) -> Any:
        """A call of the cell without autocast, which takes from addresses more than they can bear.

        Controller and readout, which are most of the work, stay under it.
        """
        weight = self.readout.weight
        device = weight.device.type
        if not (torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)):
            return call(*values)
        with torch.autocast(device, enabled=False):
            return call(*(v.to(weight.dtype) if isinstance(v, Tensor) else v for v in values))
