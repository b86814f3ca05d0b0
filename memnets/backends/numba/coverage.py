"""Which networks the kernels cover, and with which of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ...cells.base import MemoryCell
from ...cells.dnc import DNC
from ...cells.dntm import DNTM
from ...cells.none import NoMemory
from ...cells.ntm import NTM
from ...controllers import GRU, LSTM, Controller, Feedforward
from ...estimators import Estimator
from ...network import MemoryNetwork
from ...registry import estimators
from ...types import NetworkState, Rollout
from .rollouts.memoryless import refuses
from .rollouts.memoryless import unroll as unroll_memoryless
from .rollouts.parts import replaced

if TYPE_CHECKING:
    from .choices.base import Choice, Chooser


def reason(network: MemoryNetwork) -> str | None:
    """Why there is no kernel for a network, in a sentence; None where there is one."""
    for tensor in network.parameters():
        if tensor.device.type != "cpu":
            return f"the network is on {tensor.device}, the kernels are for the CPU"
        if tensor.dtype != torch.float32:
            return f"the network is in {tensor.dtype}, the kernels are in float32"
    if type(network.cell) is NoMemory:
        return refuses(network.controller)
    if not installed("numba"):
        return "numba is not installed"
    if failure := unloadable(_runs):
        return failure
    name = type(network.cell).__name__
    if type(network.cell) not in _runs():
        return f"the cell {name} has no kernel"
    return (
        _refused(network.controller)
        or _unchosen(network.estimator)
        or run_of(network.cell).refuses(network.cell)
        or replaced(network.controller, "controller")
        or replaced(network.cell, "cell")
    )


def run(network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
    """The rollout of a network that `reason` has nothing against."""
    if type(network.cell) is NoMemory:
        return unroll_memoryless(network, inputs_TBX, state)
    from .rollouts.unroll import unroll

    choice = choice_of(network.estimator)
    assert choice is not None
    return unroll(network, run_of(network.cell), choice, inputs_TBX, state)


@cache
def installed(package: str) -> bool:
    """Whether a package can be found; looked for once."""
    return find_spec(package) is not None


@cache
def unloadable(load: Callable[[], object]) -> str | None:
    """Why kernels cannot be loaded, in a sentence, tried once; None where they can."""
    try:
        load()
    # compilers fail in ways of their own: for want of a cache, by a setting, at a version
    except Exception as error:
        said = str(error).partition("\n")[0]
        return f"the fused kernels cannot be loaded ({type(error).__name__}: {said})"
    return None


def choice_of(estimator: Estimator) -> Choice | None:
    """The choice that an estimator makes at present; None where no kernel makes it."""
    in_force = estimator.in_force()
    chooser = _choosers().get(type(in_force))
    return chooser(in_force) if chooser else None


@cache
def _choosers() -> dict[type, Chooser]:
    """By the class of an estimator: what says which choice it makes."""
    from .choices.dispatch import named_choosers

    return {estimators.get(name): chooser for name, chooser in named_choosers().items()}


def run_of(cell: MemoryCell) -> Any:
    """The class that runs a cell's kernels."""
    return _runs()[type(cell)]


@cache
def _runs() -> dict[type, Any]:
    from .rollouts.dnc import DNCRun
    from .rollouts.dntm import DNTMRun
    from .rollouts.ntm import NTMRun

    return {NTM: NTMRun, DNC: DNCRun, DNTM: DNTMRun}


def _refused(controller: Controller) -> str | None:
    if type(controller) not in (LSTM, GRU, Feedforward):
        return f"the controller {type(controller).__name__} has no kernel"
    stack: Any = controller.layers if type(controller) is Feedforward else controller.cells
    layers = len(stack)
    return f"the kernels drive one layer, the controller has {layers}" if layers > 1 else None


def _unchosen(estimator: Estimator) -> str | None:
    if choice_of(estimator) is not None:
        return None
    return f"the estimator {type(estimator).__name__} has no kernel"
