"""What a network makes of symbols that come in as indices: a learned vector each, or one-hot."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .options import require_positive


class Embedding(nn.Module):
    """Turns the indices of `symbols` symbols, (…, 1), into vectors, (…, X).

    X is `size`, and the vectors are learned; with a size of 0 it is `symbols`, and they are
    one-hot.
    """

    def __init__(self, symbols: int, size: int = 0) -> None:
        super().__init__()
        require_positive(symbols=symbols)
        self.symbols = symbols
        self.output_size = size or symbols
        self.vectors = nn.Embedding(symbols, size) if size else None

    def forward(self, indices: Tensor, dtype: torch.dtype) -> Tensor:
        """The vectors, in that precision.

        `indices` are whole numbers of any type, (T, B, 1), or (B, 1) for a step. Raises ValueError,
        in one sentence, for another shape, and on the processor for an index that is no symbol's.
        """
        if not isinstance(indices, Tensor):
            raise ValueError(f"inputs are a tensor, not {type(indices).__name__}")
        shape = tuple(indices.shape)
        if len(shape) not in (2, 3) or shape[-1] != 1:
            raise ValueError(
                f"inputs are indices of {self.symbols} symbols, of the shape (T, B, 1), steps x "
                f"sequences x one index, not {shape}"
            )
        found = indices.squeeze(-1).long()
        # elsewhere, to look at the values would make the device wait
        if found.device.type == "cpu" and found.numel():
            low, high = found.aminmax()
            if low < 0 or high >= self.symbols:
                wrong = int(low) if low < 0 else int(high)
                raise ValueError(f"inputs are indices from 0 to {self.symbols - 1}, not {wrong}")
        if self.vectors is None:
            return F.one_hot(found, self.symbols).to(dtype)
        vectors: Tensor = self.vectors(found)
        return vectors
