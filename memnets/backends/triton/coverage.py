"""Which networks the Triton kernels cover."""

from __future__ import annotations

import os
from functools import cache
from shutil import which
from typing import Any

import torch

from ...network import MemoryNetwork
from ...registry import controllers, estimators
from ..controllers.base import fast_controllers
from ..parts import replaced
from .cells.base import triton_cells
from .sizes import padded

MEMORY_LIMIT = 8192
"""Most numbers of one sample's memory, padded to powers of two, that registers can hold."""

VECTOR_LIMIT = 1024
"""Longest controller output, read or interface vector."""


def reason(network: MemoryNetwork) -> str | None:
    """Why the kernels do not cover a network, in a sentence; None where they do."""
    for tensor in network.parameters():
        if tensor.device.type != "cuda" and not interpreted():
            return f"the network is on {tensor.device}, the Triton kernels are for a GPU"
        if tensor.dtype not in (torch.float32, torch.float64):
            return f"the network is in {tensor.dtype}, the Triton kernels in float32 or float64"
    if not interpreted() and not _compiler():
        return "Triton needs a C compiler (gcc, clang or CC), and there is none"
    cell: Any = network.cell
    if refused := triton_cells.refuses(cell):
        return refused
    estimator = network.estimator.in_force()
    if estimators.name_of(type(estimator)) != "soft":
        return f"the estimator {type(estimator).__name__} has no Triton kernel"
    run, controller = triton_cells.of(cell), network.controller
    return (
        _undriven(controller)
        or run.refuses(cell)
        or fast_controllers.of(controller).replaced(controller)
        or replaced(cell, "cell", run.built_of)
        or _too_large(cell, network.controller.output_size)
    )


def interpreted() -> bool:
    """Whether Triton runs its kernels in its interpreter, which needs no GPU."""
    return os.environ.get("TRITON_INTERPRET", "").lower() in ("1", "true", "on", "yes", "y")


@cache
def _compiler() -> bool:
    return bool(os.environ.get("CC") or which("gcc") or which("clang"))


def is_lstm(controller: object) -> bool | None:
    """Whether the kernels take a controller's step for the LSTM's; None where they have none."""
    return {"lstm": True, "feedforward": False}.get(controllers.name_of(type(controller)) or "")


def _undriven(controller: Any) -> str | None:
    if is_lstm(controller) is None:
        return f"the controller {type(controller).__name__} has no Triton kernel"
    layers = fast_controllers.of(controller).layers(controller)
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
