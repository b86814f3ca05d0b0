"""Options of what can be plugged in: which there are, and what they may be."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def accepted(make: Callable[..., Any], **sizes: Any) -> dict[str, Any]:
    """Those of some values that a class or function has a parameter for.

    So a cell that wants the width of the network's input, `external_size`, or an estimator that
    wants that of its features, `feature_size`, has a parameter of that name; the others have none.
    """
    known = inspect.signature(make).parameters
    return {name: size for name, size in sizes.items() if name in known}
