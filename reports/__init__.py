"""Stored results -> statistics, figures and one self-contained page; never imports torch."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from memnets.own_packages import require_ours as _require_ours

if TYPE_CHECKING:
    from .document import build as build
    from .results import Results as Results
    from .results import read as read

_require_ours("envs", "studies")
_HOMES = {"build": ".document", "Results": ".results", "read": ".results"}
__all__ = ["Results", "build", "read"]


def __getattr__(name: str) -> Any:
    # drawing libraries take seconds to import, and `memnets --help` needs none of them
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
