"""Discrete and differentiable external memory for neural networks, under one interface.

The public names are imported on first use, so that `import memnets` (and with it the command line
and the environments) does not wait for torch.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING
from typing import Any as _Any

if TYPE_CHECKING:
    from .cells.base import MemoryCell as MemoryCell
    from .controllers import Controller as Controller
    from .estimators import Estimator as Estimator
    from .network import MemoryNetwork as MemoryNetwork
    from .spec import ModelSpec as ModelSpec
    from .spec import load as load
    from .spec import save as save
    from .types import Address as Address
    from .types import Rollout as Rollout

_HOMES = {
    "Address": "types",
    "Controller": "controllers",
    "Estimator": "estimators",
    "MemoryCell": "cells.base",
    "MemoryNetwork": "network",
    "ModelSpec": "spec",
    "Rollout": "types",
    "load": "spec",
    "save": "spec",
}


def __getattr__(name: str) -> _Any:
    if name in _HOMES:
        return getattr(_import_module(f"memnets.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'memnets' has no attribute {name!r}")
