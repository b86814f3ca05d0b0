"""What a backend is: one way to run a network over a sequence."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar
from weakref import WeakKeyDictionary

from ..registry import UnknownName
from ..registry import backends as backends

if TYPE_CHECKING:
    from torch import Tensor

    from ..network import MemoryNetwork
    from ..types import NetworkState, Rollout


class Refused(ValueError):
    """A backend cannot run a network or a call of it; the message says why."""


class BackendFallback(UserWarning):
    """The backend that was asked for cannot run a network or a call of it; the reference ran."""


@dataclass(frozen=True)
class Choice:
    """The registered name of the backend that runs, why it does, and why others do not.

    `refusals` maps the names of the backends that were asked before it to their reasons, in the
    order in which they were asked.
    """

    backend: str
    reason: str
    refusals: Mapping[str, str] = field(default_factory=dict)


class Backend(ABC):
    """One way to run a network over a sequence: it changes the time that takes, never the result.

    Built without arguments, for every call anew: it keeps nothing between calls.
    """

    rank: ClassVar[float | None] = None
    """`auto` asks the highest rank first, the reference (rank 0) last, and no backend without."""

    device: ClassVar[str | None] = None
    """Type of the only device that it is for ("cpu", "cuda"), or None; `auto` asks no others."""

    only_by_name: ClassVar[str | None] = None
    """Why `auto` does not choose it, whether or not it refuses; None where it may."""

    fused: ClassVar[bool] = False
    """Whether it runs whole sequences in kernels, which the first call compiles."""

    @abstractmethod
    def refuses(
        self,
        network: MemoryNetwork,
        inputs_TBX: Tensor | None = None,
        state: NetworkState | None = None,
    ) -> str | None:
        """Why it does not run a network, or this call of it, in a sentence; None where it does."""

    @abstractmethod
    def unroll(self, network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
        """The rollout of a call that it does not refuse.

        Raises Refused where only trying shows that it cannot be run.
        """

    def choice(
        self,
        network: MemoryNetwork,
        inputs_TBX: Tensor | None = None,
        state: NetworkState | None = None,
    ) -> Choice:
        """What runs where this backend is asked for: itself, or the reference if it refuses."""
        own = backends.name_of(type(self)) or type(self).__name__
        reason = self.refuses(network, inputs_TBX, state)
        if reason is None:
            return Choice(own, "it was asked for")
        return Choice("reference", reason, {own: reason})

    def run(
        self, network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState | None = None
    ) -> Rollout:
        """The rollout by what `choice` comes to, from the given or the network's own first state.

        Warns BackendFallback, once per network and reason, where the reference runs in its place.
        """
        choice = self.choice(network, inputs_TBX, state)
        reason = choice.reason
        if state is None:
            # its own first state suits every backend, so that it need not be looked at
            state = network.initial_state(inputs_TBX.shape[1])
        if choice.backend != "reference":
            chosen: Backend = backends.get(choice.backend)()
            try:
                return chosen.unroll(network, inputs_TBX, state)
            except Refused as refusal:
                reason = str(refusal)
        if network.backend not in ("auto", "reference"):
            _warn(network, reason)
        return network.unroll(inputs_TBX, state)

    def __call__(
        self, network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState | None = None
    ) -> Rollout:
        """The rollout by this backend and no other; raises Refused where it cannot run it."""
        reason = self.refuses(network, inputs_TBX, state)
        if reason is not None:
            name = backends.name_of(type(self))
            raise Refused(f"backend {name!r} cannot run this: {reason}")
        if state is None:
            state = network.initial_state(inputs_TBX.shape[1])
        return self.unroll(network, inputs_TBX, state)


def require_backend(name: str) -> str:
    """The name itself; raises ValueError where no backend is registered under it."""
    try:
        backends.get(name)
    except UnknownName:
        raise ValueError(f"no backend {name!r}; there are {', '.join(backends)}") from None
    return name


_warned: WeakKeyDictionary[MemoryNetwork, set[str]] = WeakKeyDictionary()


def _warn(network: MemoryNetwork, reason: str) -> None:
    warned = _warned.setdefault(network, set())
    if reason not in warned:
        warned.add(reason)
        text = f"the reference runs in place of backend {network.backend!r}: {reason}"
        warnings.warn(text, BackendFallback, stacklevel=2)
