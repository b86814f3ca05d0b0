"""A small network to test with."""

from collections.abc import Mapping
from typing import Any

import torch

from memnets.network import MemoryNetwork
from memnets.spec import ModelSpec


def built(
    cell: str = "ntm",
    estimator: str = "soft",
    controller: str = "lstm",
    *,
    inputs: int = 4,
    outputs: int = 2,
    backend: str = "auto",
    **spec: Any,
) -> MemoryNetwork:
    """A network of 8 controller units, seeded; `spec` are further fields of its ModelSpec."""
    torch.manual_seed(0)
    model = ModelSpec(cell, estimator, controller, **{"controller_size": 8} | spec)
    return model.build(inputs, outputs, backend=backend)


def small(
    cell: str = "ntm", *parts: str, cell_options: Mapping[str, Any] | None = None, **more: Any
) -> MemoryNetwork:
    """As `built`, with a memory of 7 slots of 4 numbers where the cell has one."""
    sizes = {} if cell == "none" else {"slots": 7, "width": 4}
    return built(cell, *parts, cell_options=sizes | dict(cell_options or {}), **more)
