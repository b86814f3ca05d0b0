"""One step of the arrays of a named tuple, and the contents of one array into another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.extending import overload

from .compiler.jit import kernel


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


@kernel
def copy(source: Any, to: Any) -> None:
    """What `to[:] = source` does with arrays of one shape, which is not checked.

    Numba's own assignment can name shapes that differ, and takes seconds to compile for that.
    """
    for i in range(to.size):
        to.flat[i] = source.flat[i]


@kernel
def copy_first(source_BHN: Any, to_BHN: Any) -> None:
    """The first slots of each row into another array: as many as both have."""
    batch, heads, slots = to_BHN.shape
    for b in range(batch):
        for h in range(heads):
            for n in range(min(slots, source_BHN.shape[2])):
                to_BHN[b, h, n] = source_BHN[b, h, n]
