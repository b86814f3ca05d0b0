"""How a network addresses its memory in a test: as it does, softly, with one slot, or as a control.

How an address is made in training and how it is made at test are two things. A test under several
addresses says what a network loses by choosing one slot. Three controls say whether it uses its
memory: without any reads, without what was written, and with addresses that point anywhere.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from .cells.none import NoMemory
from .estimators import ONE_SLOT, SOFT, Estimator, Reinforce, Shuffled, Soft
from .network import MemoryNetwork
from .registry import backends
from .types import Address, NetworkState, Rollout

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
) -> Iterator[MemoryNetwork | ControllerAlone | Frozen]:
    """What to call in place of a network in `eval()`, so that it addresses its memory in this way.

    The network is as before at the end. `address` is one of `ADDRESSES`; `seed` is that of what is
    shuffled. Raises ValueError for another address, and where a cell cannot be frozen.
    """
    if address not in ADDRESSES:
        raise ValueError(f"no address {address!r}; there are {', '.join(ADDRESSES)}")
    if address == CUT_OFF:
        yield ControllerAlone(network)
    elif address == FROZEN:
        yield Frozen(network)
    elif address == SHUFFLED:
        with _with(network, Shuffled(network.estimator, seed)):
            yield network
    elif address in _ESTIMATORS:
        with _with(network, _ESTIMATORS[address]()):
            yield network
    else:
        yield network


class ControllerAlone(nn.Module):
    """A network whose memory is cut off: every read that its controller and readout see is zero.

    It shares controller and readout with the network. Addresses have no heads.
    """

    def __init__(self, network: MemoryNetwork) -> None:
        super().__init__()
        units, reads = network.controller.output_size, network.cell.read_size
        readout = network.readout
        self.reads = fed = reads if network.feed_read else 0
        self.embed = network.embed
        self.read_steps = network.cell.read_steps
        # on "meta", no number is drawn for the readout that is replaced
        with torch.device("meta"):
            self.network = MemoryNetwork(
                network.controller,
                NoMemory(units, Soft()),
                readout.out_features,
                input_size=network.input_size + fed,
                bypass_dropout=network.bypass.p,
            )
        self.network.readout.weight = nn.Parameter(readout.weight.detach()[:, :units])
        self.network.readout.bias = nn.Parameter(readout.bias.detach())
        self.network.backend = _backend(self.network, network.backend)
        self.train(network.training)

    def forward(self, inputs_TBX: Tensor) -> Rollout:
        """The rollout of a sequence from the controller's first state."""
        fed_TBX = nn.functional.pad(self.embed(inputs_TBX), (0, self.reads))
        # a cell that reads several times per step runs the controller as often
        rollout: Rollout = self.network(fed_TBX.repeat_interleave(self.read_steps, 0))
        last = slice(self.read_steps - 1, None, self.read_steps)
        weights_TB00, _, *rest = rollout.address
        address = Address(weights_TB00[last], None, *(part[last] for part in rest))
        hidden_TBC = rollout.hidden_TBC[last]
        return Rollout(rollout.logits_TBY[last], address, rollout.state, hidden_TBC)


class Frozen(nn.Module):
    """A network whose memory keeps nothing: after every step its contents are the initial ones.

    Addresses go on as they were, with usage, links and all else that makes them. What a step reads
    may show what the same step wrote, never what an earlier one did.
    """

    def __init__(self, network: MemoryNetwork) -> None:
        super().__init__()
        if network.cell.heads and not network.cell.contents:
            raise ValueError(
                f"{type(network.cell).__name__} cannot be frozen: its `contents` name no fields of "
                "its state"
            )
        self.network = network
        self.training = network.training

    def forward(self, inputs_TBX: Tensor) -> Rollout:
        """The rollout of a sequence from the first state, by the reference."""
        network = self.network
        inputs_TBX = network.embed(inputs_TBX)
        first = network.initial_state(inputs_TBX.shape[1])

        def drive(x_BX: Tensor, state: NetworkState) -> tuple[Tensor, NetworkState, Address]:
            h_BC, after, address = network.drive(x_BX, state)
            cell = network.cell.with_contents(after.cell, first.cell)
            return h_BC, after._replace(cell=cell), address

        return network.unroll(inputs_TBX, first, drive)


def _mode() -> Estimator:
    """The mode, as a sparse address: no more than one slot is touched."""
    return Reinforce(baseline="none")


_ESTIMATORS = {SOFT: Soft, ONE_SLOT: _mode}


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
