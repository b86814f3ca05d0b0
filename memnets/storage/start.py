"""Where a cell's memory starts: in a fresh tensor, or in buffers that outlive sequences."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from torch import Tensor

from .persistent import Memory, PersistentMemory
from .ring import LeastRecentlyUsed

KEPT = 2
"""A cell keeps the buffers of so many batch sizes, the last ones: training's and a test's."""


class Start:
    """Makes the starting contents of a cell, (B, N, W) of one constant, anew or persistent.

    Persistent buffers are made on first use per batch size, device and type of number, and later
    found as they were then. They are no part of a module's state, and a copied or unpickled module
    makes its own.
    """

    def __init__(self, slots: int, width: int, value: float = 0.0, *, persistent: bool) -> None:
        self.slots, self.width, self.value, self.persistent = slots, width, value, persistent
        self._kept: dict[str, dict[tuple[Any, ...], Any]] = {}

    def memory(self, batch_size: int, like: Tensor) -> Memory:
        """The starting contents, of the type and on the device of a tensor."""

        def fresh() -> Tensor:
            return like.new_full((batch_size, self.slots, self.width), self.value)

        if not self.persistent:
            return fresh()
        return self._found("memory", batch_size, like, lambda: PersistentMemory.of(fresh())).start()

    def usage(self, batch_size: int, like: Tensor) -> LeastRecentlyUsed:
        """The slots in the order of their last access, none accessed so far."""

        def fresh() -> LeastRecentlyUsed:
            return LeastRecentlyUsed.of(batch_size, self.slots, like.device)

        ring: LeastRecentlyUsed = self._found("usage", batch_size, like, fresh)
        return ring.start()

    def _found(self, name: str, batch_size: int, like: Tensor, make: Callable[[], Any]) -> Any:
        kept, key = self._kept.setdefault(name, {}), (batch_size, like.dtype, like.device)
        kept[key] = kept.pop(key, None) or make()
        while len(kept) > KEPT:
            del kept[next(iter(kept))]
        return kept[key]

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_kept": {}}

    def __deepcopy__(self, memo: dict[int, Any]) -> Start:
        return copy.copy(self)
