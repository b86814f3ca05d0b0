"""Which networks the Triton kernels cover."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from importlib import import_module
from shutil import which
from typing import Any

import torch

from ...cells.base import MemoryCell
from ...cells.dnc import DNC
from ...cells.ntm import NTM
from ...controllers import LSTM, Controller, Feedforward
from ...estimators import Soft
from ...network import MemoryNetwork
from ..numba.coverage import installed, unloadable
from ..numba.rollouts.parts import replaced

MEMORY_LIMIT = 8192
"""Most numbers of one sample's memory, padded to powers of two, that registers can hold."""

LINK_LIMIT = 4096
"""Most numbers that a row of links, seen by every read head, may have (padded likewise)."""

VECTOR_LIMIT = 1024
"""Longest controller output, read or interface vector."""


def reason(network: MemoryNetwork) -> str | None:
    """Why there is no kernel for a network, in a sentence; None where there is one."""
    if not installed("triton"):
        return "triton is not installed"
    for tensor in network.parameters():
        if tensor.device.type != "cuda" and not interpreted():
            return f"the network is on {tensor.device}, the Triton kernels are for a GPU"
        if tensor.dtype not in (torch.float32, torch.float64):
            return f"the network is in {tensor.dtype}, the Triton kernels in float32 or float64"
    if not interpreted() and not _compiler():
        return "Triton needs a C compiler (gcc, clang or CC), and there is none"
    cell: Any = network.cell
    if type(cell) not in _REFUSES:
        return f"the cell {type(cell).__name__} has no Triton kernel"
    if type(network.estimator) is not Soft:
        return f"the estimator {type(network.estimator).__name__} has no Triton kernel"
    return (
        _refused(network.controller)
        or _REFUSES[type(cell)](cell)
        or replaced(network.controller, "controller")
        or replaced(cell, "cell")
        or _too_large(cell, network.controller.output_size)
        or unloadable(_load)
    )


def interpreted() -> bool:
    """Whether Triton runs its kernels in its interpreter, which needs no GPU."""
    return os.environ.get("TRITON_INTERPRET", "").lower() in ("1", "true", "on", "yes", "y")


@cache
def _compiler() -> bool:
    return bool(os.environ.get("CC") or which("gcc") or which("clang"))


def _load() -> None:
    import_module(".rollout", __package__)


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


def _refuses_dnc(cell: DNC) -> str | None:
    for option in ("masking", "sharpness"):
        if getattr(cell, option):
            return f"no Triton kernel for {option}"
    if not isinstance(cell.norm, torch.nn.Identity):
        return "no Triton kernel for layer_norm"
    # a controller's outputs lie within 1: a wider clip changes nothing
    if cell.clip is not None and cell.clip < 1:
        return f"no Triton kernel for a clip below 1, as is {cell.clip}"
    followed = _padded(cell.slots) * _padded(cell.reads)
    if cell.links and followed > LINK_LIMIT:
        return (
            f"{cell.reads} read heads along the links of {cell.slots} slots are {followed} numbers "
            f"in powers of two, a Triton kernel holds {LINK_LIMIT}"
        )
    return None


_REFUSES: dict[type[MemoryCell], Callable[[Any], str | None]] = {
    NTM: lambda cell: None,
    DNC: _refuses_dnc,
}
"""What a cell's kernels do not do of it, cell by cell."""


def _padded(size: int) -> int:
    return 1 << (size - 1).bit_length()


def _too_large(cell: NTM | DNC, controller_size: int) -> str | None:
    numbers = _padded(cell.slots) * _padded(cell.width)
    if numbers > MEMORY_LIMIT:
        return (
            f"a memory of {cell.slots} by {cell.width} is {numbers} numbers in powers of two, "
            f"a Triton kernel holds {MEMORY_LIMIT}"
        )
    longest = max(controller_size, cell.read_size, cell.interface.linear.out_features)
    if longest > VECTOR_LIMIT:
        return f"a Triton kernel holds vectors of {VECTOR_LIMIT} numbers, not of {longest}"
    return None
