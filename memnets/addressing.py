"""How a network addresses its memory in a test: as it does, softly, with one slot, or as a control.

How an address is made in training and how it is made at test are two things. A test under several
addresses says what a network loses by choosing one slot. Three controls say whether it uses its
memory: without any reads, without what was written, and with addresses that point anywhere.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from .cells.base import MemoryCell
from .cells.none import NoMemory
from .estimators import ONE_SLOT, SOFT, Estimator, Reinforce, Shuffled, Soft
from .network import MemoryNetwork
from .registry import backends
from .types import Address, Rollout

OWN = "own"
"""The address that the network's estimator makes in `eval()`."""
CUT_OFF = "cut off"
"""No address: every read is zero."""
FROZEN = "frozen"
"""Its own address, on contents that are put back to the initial ones after every step."""
SHUFFLED = "shuffled"
"""Its own address, moved to other slots at random for every sequence, head and step."""
SLOW_CONTROLS = (FROZEN, SHUFFLED)
"""Those that no kernels run."""
ADDRESSES = (OWN, SOFT, ONE_SLOT, CUT_OFF, FROZEN, SHUFFLED)
"""How a network may be tested; `addressed` takes any of them."""


def others(network: MemoryNetwork) -> tuple[str, ...]:
    """The addresses beside its own under which a test of a network says something, at no high cost.

    One of them may be its own: `network.estimator.at_test`. Without memory there are none, and
    without heads only that without its reads. One that uses k slots is not tested with all of
    them: it was trained without, and may have millions.
    """
    whole = (SOFT,) if network.estimator.at_test in (SOFT, ONE_SLOT) else ()
    chosen = (*whole, ONE_SLOT) if network.cell.heads else ()
    return (*chosen, CUT_OFF) if network.cell.read_size else chosen


def slow_controls(network: MemoryNetwork) -> tuple[str, ...]:
    """The controls that no kernels run: for the end of a training, not for every evaluation.

    Without `contents`, a cell cannot be frozen; without heads, nothing can be shuffled.
    """
    frozen = (FROZEN,) if network.cell.contents else ()
    return (*frozen, SHUFFLED) if network.cell.heads else frozen


@contextlib.contextmanager
def addressed(
    network: MemoryNetwork, address: str, *, seed: int = 0
) -> Iterator[MemoryNetwork | ControllerAlone]:
    """What to call in place of a network in `eval()`, so that it addresses its memory in this way.

    The network is as before at the end. `address` is one of `ADDRESSES`; `seed` is that of what is
    shuffled. Raises ValueError for another address, and where a cell cannot be frozen.
    """
    if address == CUT_OFF:
        yield ControllerAlone(network)
    else:
        with readdressed(network, address, seed=seed):
            yield network


@contextlib.contextmanager
def readdressed(network: MemoryNetwork, address: str, *, seed: int = 0) -> Iterator[None]:
    """Meanwhile, a network in `eval()` addresses its memory in this way; arguments as `addressed`.

    For those who take single steps and pass the state on, which is laid out as ever. Whole
    sequences that are cut off are faster by `addressed`, which leaves the memory out.
    """
    if address not in ADDRESSES:
        raise ValueError(f"no address {address!r}; there are {', '.join(ADDRESSES)}")
    if address == CUT_OFF:
        with _on_reference(network), _unread(network.cell):
            yield
    elif address == FROZEN:
        with _on_reference(network), _frozen(network.cell):
            yield
    elif address == SHUFFLED:
        with _with(network, Shuffled(network.estimator, seed)):
            yield
    elif address in _ESTIMATORS:
        with _with(network, _ESTIMATORS[address]()):
            yield
    else:
        yield


class ControllerAlone(nn.Module):
    """A network whose memory is cut off: every read that its controller and readout see is zero.

    It shares controller and readout with the network. Addresses have no heads.
    """

    def __init__(self, network: MemoryNetwork) -> None:
        super().__init__()
        reads = network.cell.read_size
        self.reads = fed = reads if network.feed_read else 0
        self.embed = network.embed
        self.read_steps = network.cell.read_steps
        # on "meta", no number is drawn for the readout that is replaced
        with torch.device("meta"):
            self.network = MemoryNetwork(
                network.controller,
                NoMemory(network.controller.output_size, Soft()),
                network.readout.outputs,
                input_size=network.input_size + fed,
                bypass_dropout=network.bypass.p,
            )
        self.network.readout = network.readout.without(reads)
        self.network.backend = _backend(self.network, network.backend)
        self.train(network.training)

    def forward(self, inputs_TBX: Tensor, *, asked_SB: Tensor | None = None) -> Rollout:
        """The rollout of a sequence from the controller's first state; logits as of a network."""
        fed_TBX = nn.functional.pad(self.embed(inputs_TBX), (0, self.reads))
        # a cell that reads several times per step runs the controller as often
        fed_TBX, last = fed_TBX.repeat_interleave(self.read_steps, 0), self.read_steps - 1
        ours_SB = None if asked_SB is None else asked_SB * self.read_steps + last
        rollout: Rollout = self.network(fed_TBX, asked_SB=ours_SB)
        every = slice(last, None, self.read_steps)
        weights_TB00, _, *rest = rollout.address
        address = Address(weights_TB00[every], None, *(part[every] for part in rest))
        logits_TBY = rollout.logits_TBY if asked_SB is not None else rollout.logits_TBY[every]
        return Rollout(logits_TBY, address, rollout.state, rollout.hidden_TBC[every])


@contextlib.contextmanager
def _frozen(cell: MemoryCell[Any]) -> Iterator[None]:
    """A cell whose slots keep nothing: before every step their contents are the initial ones again.

    Addresses go on as they were, with usage, links and all else that makes them. What a step reads
    may show what the same step wrote, never what an earlier one did.
    """
    if cell.heads and not cell.contents:
        raise ValueError(
            f"{type(cell).__name__} cannot be frozen: its `contents` name no fields of its state"
        )
    first: dict[int, Any] = {}

    def forget(_: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
        h_BC, state, *external = given
        if len(h_BC) not in first:
            first[len(h_BC)] = cell.initial_state(len(h_BC))
        return (h_BC, cell.with_contents(state, first[len(h_BC)]), *external)

    hook = cell.register_forward_pre_hook(forget)
    try:
        yield
    finally:
        hook.remove()


@contextlib.contextmanager
def _unread(cell: MemoryCell[Any]) -> Iterator[None]:
    """A cell whose reads are zero, also those that it makes again within a step."""

    def nothing(read_BO: Tensor, *rest: Any) -> tuple[Any, ...]:
        return (torch.zeros_like(read_BO), *rest)

    again = cell.read_again
    hook = cell.register_forward_hook(lambda _, __, given: nothing(*given))
    cell.__dict__["read_again"] = lambda *given: nothing(*again(*given))
    try:
        yield
    finally:
        hook.remove()
        del cell.__dict__["read_again"]


def _mode() -> Estimator:
    """The mode, as a sparse address: no more than one slot is touched."""
    return Reinforce(baseline="none")


_ESTIMATORS = {SOFT: Soft, ONE_SLOT: _mode}


@contextlib.contextmanager
def _on_reference(network: MemoryNetwork) -> Iterator[None]:
    """The network on the backend that calls its cell step by step."""
    asked, network.backend = network.backend, "reference"
    try:
        yield
    finally:
        network.backend = asked


@contextlib.contextmanager
def _with(network: MemoryNetwork, estimator: Estimator) -> Iterator[None]:
    """The network with another estimator."""
    own, backend = network.estimator, network.backend
    network.cell.estimator = estimator.to(network.readout.weight.device).eval()
    network.backend = _backend(network, backend)
    try:
        yield
    finally:
        network.cell.estimator, network.backend = own, backend


def _backend(network: MemoryNetwork, asked: str) -> str:
    """The backend asked for of another network, where it suits this one; else "auto".

    Nobody asked for this network by name, so there is no warning. What "auto" would not choose, as
    it compiles every network for itself, is not worth it for a test.
    """
    backend = backends.get(asked)()
    return "auto" if backend.only_by_name or backend.refuses(network) else asked
