"""Which networks the Triton kernels cover."""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from shutil import which
from typing import Any

import torch

from ...controllers import LSTM, Controller, Feedforward
from ...estimators import Soft
from ...network import MemoryNetwork
from ..numba.coverage import installed, unloadable
from ..numba.rollouts.parts import replaced
from .cells.base import run_of
from .sizes import padded

MEMORY_LIMIT = 8192
"""Most numbers of one sample's memory, padded to powers of two, that registers can hold."""

VECTOR_LIMIT = 1024
"""Longest controller output, read or interface vector."""


def reason(network: MemoryNetwork) -> str | None:
    """Why the kernels do not cover a network, in a sentence; None where they do."""
    if not installed("triton"):
        return "triton is not installed"
    for tensor in network.parameters():
        if tensor.device.type != "cuda" and not interpreted():
            return f"the network is on {tensor.device}, the Triton kernels are for a GPU"
        if tensor.dtype not in (torch.float32, torch.float64):
            return f"the network is in {tensor.dtype}, the Triton kernels in float32 or float64"
    if not interpreted() and not _compiler():
        return "Triton needs a C compiler (gcc, clang or CC), and there is none"
    if failure := unloadable(_load):
        return failure
    cell: Any = network.cell
    run = run_of(cell)
    if run is None:
        return f"the cell {type(cell).__name__} has no Triton kernel"
    estimator = network.estimator.in_force()
    if type(estimator) is not Soft:
        return f"the estimator {type(estimator).__name__} has no Triton kernel"
    return (
        _refused(network.controller)
        or run.refuses(cell)
        or replaced(network.controller, "controller")
        or replaced(cell, "cell")
        or _too_large(cell, network.controller.output_size)
    )


def interpreted() -> bool:
    """Whether Triton runs its kernels in its interpreter, which needs no GPU."""
    return os.environ.get("TRITON_INTERPRET", "").lower() in ("1", "true", "on", "yes", "y")


@cache
def _compiler() -> bool:
    return bool(os.environ.get("CC") or which("gcc") or which("clang"))


def _load() -> None:
    import_module(".content", __package__)


def _refused(controller: Controller) -> str | None:
    if type(controller) is LSTM:
        layers = len(controller.cells)
    elif type(controller) is Feedforward:
        layers = len(controller.layers)
    else:
        return f"the controller {type(controller).__name__} has no Triton kernel"
    if layers > 1:
        return f"the Triton kernels drive one layer, the controller has {layers}"
    return None


def _too_large(cell: Any, controller_size: int) -> str | None:
    numbers = padded(cell.slots) * padded(cell.width)
    if numbers > MEMORY_LIMIT:
        return (
            f"a memory of {cell.slots} by {cell.width} is {numbers} numbers in powers of two, "
            f"a Triton kernel holds {MEMORY_LIMIT}"
        )
    longest = max(controller_size, cell.read_size, cell.interface.linear.out_features)
    if longest > VECTOR_LIMIT:
        return f"a Triton kernel holds vectors of {VECTOR_LIMIT} numbers, not of {longest}"
    return None
