"""The rows of a persistent memory most similar to a key, by an index in place of a scan.

The index is an inverted file of faiss (extra `index`): unit rows fall into cells around fixed
directions, and a search looks through the rows of the cells nearest to the key. Of the libraries
whose index follows writes, this one adds and removes rows in constant time, and its answers depend
on the rows alone, not on the order in which they came: after a rollback they are as before.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .persistent import PersistentMemory
from .row_gradients import START
from .versions import path

CELLS_PER_ROOT = 4
"""Cells per square root of the number of slots: finding them and searching them cost alike."""

PROBES = 64
"""Cells that a search looks through."""

EXHAUSTIVE = 4096
"""Up to so many rows in the index, a search looks through all of them."""


class NearestRows:
    """Finds rows by cosine, one index per batch row; follows the versions of one memory's buffers.

    Rows that all start alike are equally near to every key: they stay out until they are written.
    Rows that start different from one another are all put in at first. Raises ImportError, naming
    the extra to install, without faiss.
    """

    def __init__(self, memory: PersistentMemory) -> None:
        faiss = _faiss()
        batch_size, self.slots, width = memory.shape
        rng = np.random.default_rng(0)
        cells = max(1, int(CELLS_PER_ROOT * math.sqrt(self.slots)))
        self._directions = faiss.IndexFlatIP(width)
        self._directions.add(_unit(rng.standard_normal((cells, width))))
        self._indices = [_inverted_file(faiss, self._directions, cells) for _ in range(batch_size)]
        self._version = memory.log.root
        start_BNW = _contents(memory.start())
        self._all = not bool((start_BNW == start_BNW[:1, :1]).all())
        if self._all:
            for index, rows_NW in zip(self._indices, start_BNW, strict=True):
                index.add_with_ids(_unit(_numbers(rows_NW)), np.arange(self.slots))

    @classmethod
    def of(cls, memory: PersistentMemory) -> NearestRows:
        """The index of a memory's buffers, made when first asked for and kept with them."""
        if memory.log.index is None:
            memory.log.index = cls(memory)
        return memory.log.index

    def search(self, memory: PersistentMemory, query_BHW: Tensor, count: int) -> Tensor:
        """The so many slots nearest to each query, (B, H, count), nearest first; -1 where fewer."""
        try:
            self._follow(memory)
        except BaseException:
            # cut short, it would hold neither the one version nor the other
            memory.log.index = None
            raise
        found = np.empty((*query_BHW.shape[:2], count), np.int64)
        for b, (index, query_HW) in enumerate(zip(self._indices, _numbers(query_BHW), strict=True)):
            index.nprobe = index.nlist if index.ntotal <= EXHAUSTIVE else PROBES
            found[b] = index.search(_unit(query_HW), count)[1]
        return torch.from_numpy(found).to(query_BHW.device)

    def _follow(self, memory: PersistentMemory) -> None:
        """Have in the index what a version of the memory holds."""
        back, forward = path(self._version, memory.version)
        changes = [version.change for version in (*back, *forward) if version.change is not None]
        memory.log.go(memory.version)
        self._version = memory.version
        if not changes:
            return
        if memory.version is memory.log.root and not self._all:
            for index in self._indices:
                index.reset()
            return
        at = torch.cat([change.at for change in changes]).unique()
        rows, entries = memory.log.read(memory.version, at)
        held = (entries != START).numpy(force=True) | self._all
        b, slot = np.divmod(at.numpy(force=True), self.slots)
        units = _unit(_numbers(rows))
        for row, index in enumerate(self._indices):
            here = b == row
            index.remove_ids(slot[here])
            index.add_with_ids(units[here & held], slot[here & held])


def _contents(memory: PersistentMemory) -> Tensor:
    memory.log.go(memory.version)
    return memory.log.buffers[0].view(memory.shape)


def _inverted_file(faiss: Any, directions: Any, cells: int) -> Any:
    index = faiss.IndexIVFFlat(directions, directions.d, cells, faiss.METRIC_INNER_PRODUCT)
    # directions are fixed, and shared by all indices
    index.is_trained, index.own_fields = True, False
    index.set_direct_map_type(faiss.DirectMap.Hashtable)
    return index


def _numbers(tensor: Tensor) -> np.ndarray:
    """As an array, in a precision that numpy has."""
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32)).numpy(force=True)


def _unit(rows: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.ascontiguousarray(rows / np.maximum(norms, 1e-30), dtype=np.float32)


def _faiss() -> Any:
    try:
        import faiss
    except ImportError as error:
        raise ImportError("an index needs faiss: pip install faiss-cpu") from error
    return faiss
