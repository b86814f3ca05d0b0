"""Memory whose cost does not grow with the number of slots.

    contents.py       what reads and writes ask of contents, and a tensor's answers
    persistent.py     PersistentMemory: rows of a buffer that is changed in place, with gradients
    versions.py       buffers that are changed in place, and a log from which any version comes back
    row_gradients.py  gradients of the rows that a sequence wrote
    start.py          where a cell's memory starts: in a fresh tensor or in a persistent buffer
    ring.py           LeastRecentlyUsed: slots in the order of their last access, K accesses in O(K)
    nearest.py        NearestRows: the rows most similar to a key, by an index in place of a scan

`memnets.equations.memory` reads and writes a persistent memory like a tensor.
"""

from .contents import Contents, contents_of
from .nearest import NearestRows
from .persistent import Memory, PersistentMemory
from .ring import LeastRecentlyUsed
from .start import Start

__all__ = [
    "Contents",
    "LeastRecentlyUsed",
    "Memory",
    "NearestRows",
    "PersistentMemory",
    "Start",
    "contents_of",
]
