"""Work that another processor does meanwhile, where there is one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator

from .processes import copies, processors


@contextlib.contextmanager
def beside(work: Callable[[], None], worth: bool = True) -> Iterator[None]:
    """Have the work done in a copy of this process while the block runs.

    After the block, here, where that is not `worth` it, where there is no other processor, or where
    the copy did not end well: then this raises what the work raises.
    """
    if not worth or processors() < 2:
        yield
        work()
        return
    with copies() as context:
        process = context.Process(target=_quietly, args=(work,))  # type: ignore[attr-defined]
        process.start()
    try:
        yield
    finally:
        process.join()
    if process.exitcode:
        work()


def _quietly(work: Callable[[], None]) -> None:
    try:
        work()
    except BaseException:
        os._exit(1)
