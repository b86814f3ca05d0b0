"""Discrete and differentiable external memory for neural networks: `import memnets as mn`.

All public names are below. They are imported on first use, so that `import memnets` (and with it
the command line and the environments) does not wait for torch. What can be plugged in registers
itself by the package of its kind: `@mn.cells.register("ring")`, `@mn.estimators.register("mine")`.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING
from typing import Any as _Any

if TYPE_CHECKING:
    from . import backends as backends
    from . import cells as cells
    from . import controllers as controllers
    from . import equations as equations
    from . import estimators as estimators
    from . import presets as presets
    from . import regularisers as regularisers
    from . import storage as storage
    from .backends import Backend as Backend
    from .cells import MemoryCell as MemoryCell
    from .controllers import Controller as Controller
    from .equations import memory as memory
    from .estimators import Estimator as Estimator
    from .interface import Interface as Interface
    from .interface import oneplus as oneplus
    from .network import MemoryNetwork as MemoryNetwork
    from .regularisers import Regulariser as Regulariser
    from .saved import load as load
    from .saved import save as save
    from .spec import ModelSpec as ModelSpec
    from .testing import check_cell as check_cell
    from .testing import check_estimator as check_estimator
    from .types import Address as Address
    from .types import NetworkState as NetworkState
    from .types import Rollout as Rollout
    from .types import join_heads as join_heads

    __version__: str

_HOMES = {
    "Address": "types",
    "Backend": "backends",
    "Controller": "controllers",
    "Estimator": "estimators",
    "Interface": "interface",
    "MemoryCell": "cells",
    "MemoryNetwork": "network",
    "ModelSpec": "spec",
    "NetworkState": "types",
    "Regulariser": "regularisers",
    "Rollout": "types",
    "check_cell": "testing",
    "check_estimator": "testing",
    "join_heads": "types",
    "load": "saved",
    "memory": "equations",
    "oneplus": "interface",
    "save": "saved",
}
_PARTS = (
    "backends",
    "cells",
    "controllers",
    "equations",
    "estimators",
    "presets",
    "regularisers",
    "storage",
)


def __getattr__(name: str) -> _Any:
    if name in _HOMES:
        return getattr(_import_module(f"memnets.{_HOMES[name]}"), name)
    if name in _PARTS:
        return _import_module(f"memnets.{name}")
    if name == "__version__":
        return _import_module("importlib.metadata").version("memnets")
    raise AttributeError(f"module 'memnets' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, *_PARTS, "__version__"})
