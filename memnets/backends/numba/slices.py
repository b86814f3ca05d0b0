"""One step of the arrays of a named tuple."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.extending import overload


def at(group: Any, t: int, first: int, last: int) -> Any:
    """The same named tuple, each of its arrays cut to `[t, first:last]`."""
    return type(group)(*(array[t, first:last] for array in group))


@overload(at, strict=False)
def _at(group: Any, t: int, first: int, last: int) -> Callable[..., Any]:
    # compiled code cannot go through the fields of any named tuple: they are written out here
    arrays = ", ".join(f"group.{name}[t, first:last]" for name in group.fields)
    written: Callable[..., Any] = eval(
        f"lambda group, t, first, last: make({arrays})", {"make": group.instance_class}
    )
    return written
