"""Which implementation unrolls a network: the fused kernels, a compiled step or the plain loop.

A backend never changes a result, only the time it takes; `docs/backends.md` says what each covers.
Whatever a fast one does not cover runs on the reference: as a matter of course under "auto", with a
BackendFallback warning where the fast one was asked for by name.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from types import ModuleType

    from torch import Tensor

    from .network import MemoryNetwork
    from .types import NetworkState, Rollout

BACKENDS = ("auto", "fused", "compiled", "reference")

NEVER_COMPILED = (
    "backend='compiled' may be faster, but is never chosen unasked: it takes a C++ compiler and "
    "about 20 s per batch size"
)


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
    return kernels.covers(network) or _changed(network) or _unusual(inputs_TBX, network)


def _kernels(network: MemoryNetwork) -> ModuleType:
    """Those for the device that a network is on."""
    if network.readout.weight.device.type == "cuda":
        from . import gpu

        return gpu
    from . import kernels

    return kernels


def unroll(network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
    """The rollout of a network from a state, by the backend that its `backend` comes to.

    Warns BackendFallback, once per network and reason, where that is not the one asked for.
    """
    requested = network.backend
    choice = choose(network, requested, inputs_TBX)
    batch = inputs_TBX.shape[1] if choice.backend == "fused" else None
    if choice.backend != "reference" and (reason := _foreign(state, network, batch)):
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

    from .unchanged import unchanged

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

    return compiled.broken(network) or _changed(network) or _unusual(inputs_TBX)


def _changed(network: MemoryNetwork) -> str | None:
    """Where somebody hooked into the modules or replaced their code: nothing fast calls them."""
    from torch.nn.modules import module as modules

    if modules._global_forward_hooks or modules._global_forward_pre_hooks:
        return "a forward hook is on all modules"
    if modules._global_backward_hooks or modules._global_backward_pre_hooks:
        return "a backward hook is on all modules"
    for name, module in network.named_modules():
        if module is network:
            continue
        hooked = module._forward_hooks or module._forward_pre_hooks
        if hooked or module._backward_hooks or module._backward_pre_hooks:
            return f"a hook is on its {name}"
        if "forward" in vars(module):
            return f"the forward of its {name} was replaced"
    return None


def _unusual(inputs_TBX: Tensor | None, fused: MemoryNetwork | None = None) -> str | None:
    """What of a call no fast backend can do, nor the kernels of a network that is `fused`."""
    if inputs_TBX is None:
        return None
    import torch

    if type(inputs_TBX) not in (torch.Tensor, torch.nn.Parameter):
        return f"the inputs are a {type(inputs_TBX).__name__}"
    if inputs_TBX.ndim != 3 or not inputs_TBX.numel():
        return f"the inputs are of the shape {tuple(inputs_TBX.shape)}"
    if torch._C._functorch.peek_interpreter_stack() is not None:
        return "a transform of torch.func is active"
    if torch._C._len_torch_dispatch_stack():
        return "a dispatch mode is active"
    if torch.compiler.is_compiling() or torch.jit.is_tracing():
        return "it is being traced"
    if fused is None:
        return None
    if inputs_TBX.shape[2] != fused.input_size:
        return f"the inputs are of the shape {tuple(inputs_TBX.shape)}"
    weight = fused.readout.weight
    if inputs_TBX.dtype != weight.dtype:
        return f"the inputs are {str(inputs_TBX.dtype).removeprefix('torch.')}"
    if inputs_TBX.device != weight.device:
        return f"the inputs are on {inputs_TBX.device}"
    if torch.is_autocast_enabled(weight.device.type):
        return "autocast is enabled"
    if torch.autograd.forward_ad._current_level >= 0:
        return "forward-mode differentiation is active"
    return None


def _foreign(state: NetworkState, network: MemoryNetwork, batch: int | None) -> str | None:
    """What of a state no fast backend can take, nor the kernels for a `batch` of so many."""
    import torch
    from torch.utils import _pytree as pytree

    if batch is not None:
        with torch.no_grad():
            # of no sequences: what a state is like, at next to no cost
            return _unlike(state, network.initial_state(0), batch, network.readout.weight)
    for leaf in pytree.tree_leaves(state):
        if leaf is not None and type(leaf) not in (torch.Tensor, torch.nn.Parameter):
            return f"the state holds {type(leaf).__name__}, no tensor"
    return None


def _unlike(part: Any, own: Any, batch: int, weight: Tensor) -> str | None:
    """How a part of a state differs from the network's own, of no sequences, for a `batch`."""
    if isinstance(own, tuple):
        if type(part) is not type(own) or len(part) != len(own):
            return "the state is not of the form of the network's own"
        reasons = (_unlike(*both, batch, weight) for both in zip(part, own, strict=True))
        return next((reason for reason in reasons if reason), None)
    if type(part) not in (type(own), type(weight)):
        return f"the state holds {type(part).__name__}, no tensor"
    if part.device != weight.device:
        return f"the state is on {part.device}"
    if part.dtype != weight.dtype:
        return f"the state is {str(part.dtype).removeprefix('torch.')}"
    if part.shape != (wanted := (batch, *own.shape[1:])):
        return f"the state holds the shape {tuple(part.shape)} in place of {wanted}"
    return None
