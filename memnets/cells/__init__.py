"""External memories, one file each; `MemoryCell` says what one is."""

from ..registry import cells as cells
from .base import MemoryCell as MemoryCell

register = cells.register
