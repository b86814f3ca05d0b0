"""Reasons why no fast backend may run a network or a call of it: hooks, odd inputs, odd states.

They stand here once for all fast backends. Each function gives a sentence, or None where there is
nothing in the way; the reference runs all of it.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from .base import Backend

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ..network import MemoryNetwork
    from ..types import NetworkState


class FastBackend(Backend):
    """A backend that does not call the modules of a network one by one in every step."""

    takes_apart: ClassVar[bool] = False
    """Whether it computes in place of the network's own step, without compiled kernels."""

    @abstractmethod
    def lacks(self, network: MemoryNetwork) -> str | None:
        """What it does not cover of a network in its present mode, in a sentence; else None."""

    def refuses(
        self,
        network: MemoryNetwork,
        inputs_TBX: Tensor | None = None,
        state: NetworkState | None = None,
    ) -> str | None:
        reason = hooked(network) or (unfed(network) if self.fused else None) or self.lacks(network)
        apart = self.fused or self.takes_apart
        if reason is None and apart:
            reason = overridden(network)
        if reason is not None or inputs_TBX is None:
            return reason
        reason = odd_call(inputs_TBX)
        if not apart:
            return reason or (None if state is None else no_tensors(state))
        reason = reason or odd_inputs(inputs_TBX, network)
        if reason is not None or state is None:
            return reason
        return odd_state(state, network, inputs_TBX.shape[1])


def hooked(network: MemoryNetwork) -> str | None:
    """Hooks on the modules, and forwards that were replaced: a fast backend would skip both."""
    from torch.nn.modules import module as modules

    if modules._global_forward_hooks or modules._global_forward_pre_hooks:
        return "a forward hook is on all modules"
    if modules._global_backward_hooks or modules._global_backward_pre_hooks:
        return "a backward hook is on all modules"
    for module in modules_of(network)[1:]:
        hooks = module._forward_hooks or module._forward_pre_hooks
        if hooks or module._backward_hooks or module._backward_pre_hooks:
            return f"a hook is on its {_name(module, network)}"
        if "forward" in vars(module):
            return f"the forward of its {_name(module, network)} was replaced"
    return None


def modules_of(network: MemoryNetwork) -> list[nn.Module]:
    """The network and all modules in it; torch's own walk, which names them, takes far longer."""
    found: list[nn.Module] = [network]
    for module in found:
        found += [child for child in module._modules.values() if child is not None]
    return found


def _name(wanted: nn.Module, network: MemoryNetwork) -> str:
    return next(name for name, module in network.named_modules() if module is wanted)


def overridden(network: MemoryNetwork) -> str | None:
    """A subclass of the network, which may unroll in its own way."""
    from ..network import MemoryNetwork

    if type(network) is not MemoryNetwork:
        return f"{type(network).__name__} may unroll in its own way"
    return None


def unfed(network: MemoryNetwork) -> str | None:
    """A controller that does not see what was read; kernels feed it to theirs."""
    if network.feed_read or not network.cell.read_size:
        return None
    return "its controller is not fed what was read (feed_read), the kernels feed theirs"


def odd_call(inputs_TBX: Tensor) -> str | None:
    """Inputs that are no plain (T, B, X), and calls under a transform or a mode of torch."""
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
    return None


def odd_inputs(inputs_TBX: Tensor, network: MemoryNetwork) -> str | None:
    """Inputs of another width, type or device than the network's, and autograd modes."""
    import torch

    if inputs_TBX.shape[2] != network.input_size:
        shape = tuple(inputs_TBX.shape)
        return f"the inputs are of the shape {shape}, not (T, B, {network.input_size})"
    weight = network.readout.weight
    if inputs_TBX.dtype != weight.dtype:
        return f"the inputs are {str(inputs_TBX.dtype).removeprefix('torch.')}"
    if inputs_TBX.device != weight.device:
        return f"the inputs are on {inputs_TBX.device}"
    if torch.is_autocast_enabled(weight.device.type):
        return "autocast is enabled"
    if torch.autograd.forward_ad._current_level >= 0:
        return "forward-mode differentiation is active"
    return None


def no_tensors(state: NetworkState) -> str | None:
    """A state that holds something else than plain tensors."""
    import torch
    from torch.utils import _pytree as pytree

    for leaf in pytree.tree_leaves(state):
        if leaf is not None and type(leaf) not in (torch.Tensor, torch.nn.Parameter):
            return f"the state holds {type(leaf).__name__}, no tensor"
    return None


def odd_state(state: NetworkState, network: MemoryNetwork, batch: int) -> str | None:
    """A state that is not made like the network's own for a batch of this size."""
    import torch

    with torch.no_grad():
        # a state of no sequences shows the form of the network's own, and costs next to nothing
        return _unlike(state, network.initial_state(0), batch, network.readout.weight)


def _unlike(part: Any, own: Any, batch: int, weight: Tensor) -> str | None:
    """How a part of a state differs from the network's own, of no sequences, for a batch."""
    if isinstance(own, tuple):
        if type(part) is not type(own) or len(part) != len(own):
            return "the state is not of the form of the network's own"
        reasons = (_unlike(*both, batch, weight) for both in zip(part, own, strict=True))
        return next((reason for reason in reasons if reason), None)
    if own is None or part is None:
        return None if part is own else "the state is not of the form of the network's own"
    if type(part) not in (type(own), type(weight)):
        return f"the state holds {type(part).__name__}, no tensor"
    if part.device != weight.device:
        return f"the state is on {part.device}"
    if part.dtype != own.dtype:
        return f"the state is {str(part.dtype).removeprefix('torch.')}"
    if part.shape != (wanted := (batch, *own.shape[1:])):
        return f"the state holds the shape {tuple(part.shape)} in place of {wanted}"
    return None
