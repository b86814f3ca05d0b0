"""What a head does to the contents of memory once it has an address: read, erase, add.

Pure functions. A dense address touches every slot; a sparse one gathers and scatters only the K
rows that it names. On a tensor that still costs one copy of the memory, which autograd needs. On a
`PersistentMemory`, which these functions take and give back too, it costs the K rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor

from ..storage import Memory, contents_of
from ..types import Address
from . import products

M = TypeVar("M", bound=Memory)


def read(memory_BNW: Memory, address: Address) -> Tensor:
    """Weighted sum of slots per head, (B, H, W) (NTM eq. 2)."""
    if address.slots_BHK is None:
        return scan(_weighted_sum, memory_BNW, address.weights_BHK)
    rows_BHKW = gather_rows(memory_BNW, address.slots_BHK)
    return (address.weights_BHK.unsqueeze(-2) @ rows_BHKW).squeeze(-2)


def write(memory_BNW: M, address: Address, erase_BHW: Tensor, add_BHW: Tensor) -> M:
    """Erase then add, all heads at once: erasures multiply, additions sum (NTM eqs. 3 and 4)."""
    written: M = contents_of(memory_BNW).edit(address, _written, erase_BHW, add_BHW)
    return written


def scan(function: Callable[..., Tensor], memory_BNW: Memory, *inputs: Tensor) -> Tensor:
    """`function(contents_BNW, *inputs)`, one new tensor: for all that looks at every slot.

    Of a persistent memory no copy is kept for the backward pass. Gradients reach the contents and
    the inputs, but no other tensor that `function` uses.
    """
    return contents_of(memory_BNW).scan(function, *inputs)


def gather_rows(memory_BNW: Memory, slots_BHK: Tensor) -> Tensor:
    """The rows of the named slots, (B, H, K, W)."""
    rows_BKW = contents_of(memory_BNW).take(slots_BHK.flatten(1))
    return rows_BKW.view(*slots_BHK.shape, memory_BNW.shape[-1])


def erase_and_add(
    memory_BNW: Tensor, weights_BHN: Tensor, erase_BHW: Tensor, add_BHW: Tensor
) -> Tensor:
    """The dense write: M ∘ Π_h (1 - w_h e_hᵀ) + Σ_h w_h a_hᵀ (NTM eqs. 3 and 4)."""
    kept_BNW = products.over_heads(1 - weights_BHN.unsqueeze(-1) * erase_BHW.unsqueeze(-2))
    return torch.baddbmm(memory_BNW * kept_BNW, weights_BHN.transpose(1, 2), add_BHW)


def _written(memory_BNW: Tensor, address: Address, erase_BHW: Tensor, add_BHW: Tensor) -> Tensor:
    if address.slots_BHK is None:
        return erase_and_add(memory_BNW, address.weights_BHK, erase_BHW, add_BHW)
    for head in range(erase_BHW.shape[1]):
        memory_BNW = _erase_rows(memory_BNW, address, erase_BHW, head)
    added_BHKW = address.weights_BHK.unsqueeze(-1) * add_BHW.unsqueeze(-2)
    return _scatter_rows(memory_BNW, address.slots_BHK.flatten(1), added_BHKW.flatten(1, 2))


def _weighted_sum(memory_BNW: Tensor, weights_BHN: Tensor) -> Tensor:
    return torch.bmm(weights_BHN, memory_BNW)


def _erase_rows(memory_BNW: Tensor, address: Address, erase_BHW: Tensor, head: int) -> Tensor:
    assert address.slots_BHK is not None
    rows_BKW = gather_rows(memory_BNW, address.slots_BHK[:, head : head + 1])[:, 0]
    erased_BKW = address.weights_BHK[:, head].unsqueeze(-1) * erase_BHW[:, head].unsqueeze(1)
    return _scatter_rows(memory_BNW, address.slots_BHK[:, head], -rows_BKW * erased_BKW)


def _scatter_rows(memory_BNW: Tensor, slots_BK: Tensor, change_BKW: Tensor) -> Tensor:
    index = slots_BK.unsqueeze(-1).expand(-1, -1, memory_BNW.shape[-1])
    return torch.scatter_add(memory_BNW, 1, index, change_BKW)
