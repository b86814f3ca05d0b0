"""Memory for rollouts that is used again: fresh pages would cost as much as a third of the work."""

from __future__ import annotations

import math
import sys
import threading
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
SLAB = 1 << 22
"""Numbers in the smallest piece that is asked of the system: 16 MB."""
_ALIGNED = 16
_KEPT = 8

_slabs: list[Array] = []
# how many references Python counts in such a loop to what only the list holds
(_IDLE,) = [sys.getrefcount(slab) for slab in [np.empty(0)]]
_lock = threading.Lock()


class Arena:
    """Hands out arrays, cut from slabs that go back once nothing refers to any of their arrays."""

    def __init__(self) -> None:
        self._slab = np.empty(0, np.float32)
        self._used = 0

    def empty(self, *shape: int) -> Array:
        """A float32 array of whatever was there before."""
        size = math.prod(shape)
        if self._used + size > len(self._slab):
            self._slab, self._used = _free(size), 0
        piece = self._slab[self._used : self._used + size]
        self._used += -(-size // _ALIGNED) * _ALIGNED
        return piece.reshape(shape)

    def zeros(self, *shape: int) -> Array:
        """A float32 array of zeros."""
        array = self.empty(*shape)
        array.fill(0.0)
        return array


def _free(size: int) -> Array:
    """The smallest slab that is large enough and that nobody uses, or a new one."""
    with _lock:
        free = [slab for slab in _slabs if sys.getrefcount(slab) <= _IDLE]
        enough = [slab for slab in free if len(slab) >= size]
        if enough:
            return min(enough, key=len)
        if len(_slabs) >= _KEPT:
            idle = {id(slab) for slab in free}
            _slabs[:] = [slab for slab in _slabs if id(slab) not in idle]
        slab = np.empty(max(size, SLAB), np.float32)
        _slabs.append(slab)
        return slab
