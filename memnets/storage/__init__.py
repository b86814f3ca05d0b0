"""Memory whose cost does not grow with the number of slots.

    log.py       buffers that are changed in place, and a log by which any version can be had back
    contents.py  PersistentMemory: rows of such a buffer, with gradients
    start.py     where a cell's memory starts: in a fresh tensor or in a persistent buffer
    ring.py      LeastRecentlyUsed: slots in the order of their last access, K accesses in O(K)
    nearest.py   NearestRows: the rows most similar to a key, by an index in place of a scan

`memnets.equations.memory` reads and writes a persistent memory like a tensor.
"""

from .contents import Memory, PersistentMemory
from .nearest import NearestRows
from .ring import LeastRecentlyUsed
from .start import Start

__all__ = ["LeastRecentlyUsed", "Memory", "NearestRows", "PersistentMemory", "Start"]
