"""Backends that choose among the others: `auto`, and `fused` for the kernels of a device.

A backend never changes a result, only the time it takes; `docs/backends.md` says what each covers.
What no fast backend covers runs on the reference: silently under "auto", with a BackendFallback
warning where a fast one was asked for by name.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from .base import Backend, Choice, Refused, backends

if TYPE_CHECKING:
    from torch import Tensor

    from ..network import MemoryNetwork
    from ..types import NetworkState, Rollout


class Chooser(Backend):
    """The first of several backends that does not refuse; `choice` says which, and why no other."""

    @abstractmethod
    def candidates(self, device: str) -> Iterator[tuple[str, Backend, str | None]]:
        """Those to ask on a type of device, in turn: name, backend, and why not to ask it."""

    def refuses(
        self,
        network: MemoryNetwork,
        inputs_TBX: Tensor | None = None,
        state: NetworkState | None = None,
    ) -> str | None:
        choice = self.choice(network, inputs_TBX, state)
        return choice.reason if choice.backend == "reference" else None

    def choice(
        self,
        network: MemoryNetwork,
        inputs_TBX: Tensor | None = None,
        state: NetworkState | None = None,
    ) -> Choice:
        device = network.readout.weight.device.type
        refusals: dict[str, str] = {}
        for name, backend, reason in self.candidates(device):
            reason = reason or backend.refuses(network, inputs_TBX, state)
            if reason is None:
                why = "; ".join(refusals.values()) or f"there are no kernels for {device}"
                return Choice(name, why if backend.rank == 0 else "it covers the network", refusals)
            refusals[name] = reason
        raise Refused("no backend is registered that runs everything")

    def unroll(self, network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
        chosen = self.choice(network, inputs_TBX, state).backend
        rollout: Rollout = backends.get(chosen)().unroll(network, inputs_TBX, state)
        return rollout


@backends.register("auto")
class Auto(Chooser):
    """The fastest backend that covers network and call, and that starts at once."""

    def candidates(self, device: str) -> Iterator[tuple[str, Backend, str | None]]:
        return ((name, backend, backend.only_by_name) for name, backend in ranked(device))


@backends.register("fused")
class Fused(Chooser):
    """Kernels for whole sequences on the network's device: numba on the CPU, Triton on CUDA."""

    def candidates(self, device: str) -> Iterator[tuple[str, Backend, str | None]]:
        return (
            (name, backend, None)
            for name, backend in ranked(device)
            if backend.fused or backend.rank == 0
        )


class Broken(Backend):
    """In place of a registered backend that cannot be loaded: it refuses everything."""

    rank = float("inf")
    fused = True

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def refuses(
        self,
        network: MemoryNetwork,
        inputs_TBX: Tensor | None = None,
        state: NetworkState | None = None,
    ) -> str | None:
        return self.reason

    def unroll(self, network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
        raise Refused(self.reason)


def choose(
    network: MemoryNetwork, requested: str = "auto", inputs_TBX: Tensor | None = None
) -> Choice:
    """Which backend runs a network in its present mode; with `inputs_TBX`, which runs that call.

    Raises UnknownName where no such backend is registered.
    """
    choice: Choice = backends.get(requested)().choice(network, inputs_TBX)
    return choice


def warm_up(network: MemoryNetwork) -> None:
    """Compiles the kernels of a network, where it has any, before anything is timed.

    One step of one sequence, forward and, if anything learns, backward; gradients, buffers and
    random numbers are as before.
    """
    if not backends.get(choose(network, network.backend).backend).fused:
        return
    import torch

    from .restoring import unchanged

    with unchanged(network, network.readout.weight.device), torch.enable_grad():
        logits_TBY = network(network.blank(1, 1)).logits_TBY
        if logits_TBY.requires_grad:
            parameters = [part for part in network.parameters() if part.requires_grad]
            torch.autograd.grad(logits_TBY.sum(), parameters, allow_unused=True)


def ranked(device: str) -> tuple[tuple[str, Backend], ...]:
    """Names and backends that a network on such a device may run on, in descending rank."""
    return _ranked(device, backends.version)


@lru_cache(maxsize=8)
def _ranked(device: str, version: int) -> tuple[tuple[str, Backend], ...]:
    """`version` is that of the registry, so that what is registered later is found."""
    found = ((name, _load(name)) for name in backends)
    asked = [
        (name, backend)
        for name, backend in found
        if backend.rank is not None and backend.device in (None, device)
    ]
    return tuple(sorted(asked, key=lambda pair: (-(pair[1].rank or 0), pair[0])))


def _load(name: str) -> Backend:
    try:
        backend: Backend = backends.get(name)()
    # a plug-in, and a compiler that a backend imports, can fail in any way that code can
    except Exception as error:
        return Broken(f"backend {name!r} cannot be loaded ({type(error).__name__}: {error})")
    return backend
