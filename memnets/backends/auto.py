"""Which implementation unrolls a network: the fused kernels, a compiled step or the plain loop.

A backend never changes a result, only the time it takes; `docs/backends.md` says what each covers.
Whatever a fast one does not cover runs on the reference: as a matter of course under "auto", with a
BackendFallback warning where the fast one was asked for by name.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from .guards import changed, foreign, unusual

if TYPE_CHECKING:
    from types import ModuleType

    from torch import Tensor

    from ..network import MemoryNetwork
    from ..types import NetworkState, Rollout

BACKENDS = ("auto", "fused", "compiled", "reference")

NEVER_COMPILED = (
    "backend='compiled' may be faster, but is never chosen unasked: it takes a C++ compiler and "
    "about 20 s per batch size"
)

UNTRIED = "the Triton kernels have not run on a GPU yet, only in an interpreter: ask for 'fused'"


class BackendFallback(UserWarning):
    """The backend that was asked for does not cover a network or a call; the reference ran."""


@dataclass(frozen=True)
class Choice:
    """A backend ("fused", "compiled" or "reference") and, in words, why it and no other."""

    backend: str
    reason: str


def require_backend(name: str) -> str:
    """The name itself; raises ValueError unless it is one of BACKENDS."""
    if name not in BACKENDS:
        raise ValueError(f"no backend {name!r}; there are {', '.join(BACKENDS)}")
    return name


def choose(
    network: MemoryNetwork, requested: str = "auto", inputs_TBX: Tensor | None = None
) -> Choice:
    """What unrolls a network as it is now, in its mode; with `inputs_TBX`, that very call.

    Raises ValueError for an unknown backend.
    """
    if require_backend(requested) == "reference":
        return Choice("reference", "it was asked for")
    if requested == "compiled":
        return _unless(_uncompiled(network, inputs_TBX), "compiled", "it was asked for")
    reason = uncovered(network, inputs_TBX)
    if requested == "auto" and reason is None and network.readout.weight.device.type == "cuda":
        reason = UNTRIED
    if requested == "auto" and reason is not None:
        return Choice("reference", f"{reason}; {NEVER_COMPILED}")
    return _unless(reason, "fused", "the kernels cover it")


def uncovered(network: MemoryNetwork, inputs_TBX: Tensor | None = None) -> str | None:
    """Why the fused kernels do not cover a network, or this call of it; None where they do."""
    try:
        kernels = _kernels(network)
    # compilers that are there and do not work fail in ways of their own
    except Exception as error:
        return f"the fused kernels cannot be loaded ({type(error).__name__}: {error})"
    return kernels.covers(network) or unusual(inputs_TBX, network)


def _kernels(network: MemoryNetwork) -> ModuleType:
    """Those for the device that a network is on."""
    if network.readout.weight.device.type == "cuda":
        from . import triton as gpu

        return gpu
    from . import numba as kernels

    return kernels


def unroll(network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
    """The rollout of a network from a state, by the backend that its `backend` comes to.

    Warns BackendFallback, once per network and reason, where that is not the one asked for.
    """
    requested = network.backend
    choice = choose(network, requested, inputs_TBX)
    batch = inputs_TBX.shape[1] if choice.backend == "fused" else None
    if choice.backend != "reference" and (reason := foreign(state, network, batch)):
        choice = Choice("reference", reason)
    if choice.backend == "compiled":
        from . import compiled

        compiled_rollout = compiled.unroll(network, inputs_TBX, state)
        if compiled_rollout is not None:
            return compiled_rollout
        choice = Choice("reference", compiled.broken(network) or "its step cannot be compiled")
    if requested not in ("auto", choice.backend):
        _warn(network, requested, choice.reason)
    if choice.backend == "fused":
        rollout: Rollout = _kernels(network).run(network, inputs_TBX, state)
        return rollout
    return network.unroll(inputs_TBX, state)


def warm_up(network: MemoryNetwork) -> None:
    """Compiles the fused kernels of a network, where it has any, outside of everybody's clocks.

    One step of one sequence, forward and, if anything learns, backward; gradients, buffers and
    random numbers are as before.
    """
    if choose(network, network.backend).backend != "fused":
        return
    import torch

    from .restoring import unchanged

    weight = network.readout.weight
    with unchanged(network, weight.device), torch.enable_grad():
        logits_TBY = network(weight.new_zeros(1, 1, network.input_size)).logits_TBY
        if logits_TBY.requires_grad:
            parameters = [part for part in network.parameters() if part.requires_grad]
            torch.autograd.grad(logits_TBY.sum(), parameters, allow_unused=True)


# the reasons that were already warned of
_told: WeakKeyDictionary[MemoryNetwork, set[str]] = WeakKeyDictionary()


def _warn(network: MemoryNetwork, requested: str, reason: str) -> None:
    told = _told.setdefault(network, set())
    if reason not in told:
        told.add(reason)
        text = f"the reference runs in place of backend {requested!r}: {reason}"
        warnings.warn(text, BackendFallback, stacklevel=2)


def _unless(reason: str | None, backend: str, otherwise: str) -> Choice:
    return Choice(backend, otherwise) if reason is None else Choice("reference", reason)


def _uncompiled(network: MemoryNetwork, inputs_TBX: Tensor | None) -> str | None:
    from . import compiled

    return compiled.broken(network) or changed(network) or unusual(inputs_TBX)
