"""What of a network, or of a call of it, passes by a fast backend: hooks, odd inputs, odd states.

Each function says what in a sentence, or None where there is nothing; the reference can do it all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    from ..network import MemoryNetwork
    from ..types import NetworkState


def admitted(
    network: MemoryNetwork,
    inputs_TBX: Tensor,
    state: NetworkState | None,
    covers: Callable[[MemoryNetwork], str | None],
) -> NetworkState:
    """The state that a call of a fast path starts from; ValueError, saying why, if it refuses."""
    if why_not := covers(network) or unusual(inputs_TBX, network):
        raise ValueError(f"no kernel runs this: {why_not}")
    batch_size = inputs_TBX.shape[1]
    if state is None:
        return network.initial_state(batch_size)
    if why_not := foreign(state, network, batch_size):
        raise ValueError(f"no kernel runs this: {why_not}")
    return state


def changed(network: MemoryNetwork) -> str | None:
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


def unusual(inputs_TBX: Tensor | None, fused: MemoryNetwork | None = None) -> str | None:
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
        shape = tuple(inputs_TBX.shape)
        return f"the inputs are of the shape {shape}, not (T, B, {fused.input_size})"
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


def foreign(state: NetworkState, network: MemoryNetwork, batch: int | None) -> str | None:
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
