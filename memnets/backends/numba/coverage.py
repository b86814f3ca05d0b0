"""Which networks the kernels cover, and with which of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor

from ...cells.base import MemoryCell
from ...cells.dnc import DNC
from ...cells.dntm import DNTM
from ...cells.none import NoMemory
from ...cells.ntm import NTM
from ...controllers import GRU, LSTM, Controller, Feedforward
from ...estimators import Estimator, Gumbel, Reinforce, ReinMax, Soft, StraightThrough
from ...network import MemoryNetwork
from ...types import NetworkState, Rollout
from .rollouts.memoryless import refuses
from .rollouts.memoryless import unroll as unroll_memoryless
from .rollouts.parts import replaced


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
        or (kind_of(network.estimator) is None and _no_estimator(network.estimator))
        or run_of(network.cell).refuses(network.cell)
        or replaced(network.controller, "controller")
        or replaced(network.cell, "cell")
    )


def run(network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
    """The rollout of a network that `reason` has nothing against."""
    if type(network.cell) is NoMemory:
        return unroll_memoryless(network, inputs_TBX, state)
    from .rollouts.unroll import unroll

    kind = kind_of(network.estimator)
    assert kind is not None
    temperature = temperature_of(network.estimator)
    return unroll(network, run_of(network.cell), kind, temperature, inputs_TBX, state)


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


def kind_of(estimator: Estimator) -> int | None:
    """The kernel's code of what an estimator does at present; None where it has none."""
    from .choice import GUMBEL, MODE, PLAIN, REINMAX, SAMPLE, SOFT, STRAIGHT

    estimator = estimator.in_force()
    if type(estimator) is Reinforce:
        return SAMPLE if estimator.training else MODE
    if type(estimator) is ReinMax:
        return REINMAX if estimator.training else PLAIN
    if type(estimator) is Gumbel and estimator.straight_through:
        return GUMBEL if estimator.training else PLAIN
    return {Soft: SOFT, StraightThrough: STRAIGHT}.get(type(estimator))


def temperature_of(estimator: Estimator) -> float:
    """At which GUMBEL relaxes its choice at present; other kinds have none, which is one."""
    estimator = estimator.in_force()
    return estimator.temperature if type(estimator) is Gumbel else 1.0


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


def _no_estimator(estimator: Estimator) -> str:
    return f"the estimator {type(estimator).__name__} has no kernel"
