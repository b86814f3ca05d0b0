"""Which slots are in use, and where to write next (DNC)."""

from __future__ import annotations

import torch
from torch import Tensor

from . import products


def retention(free_BR: Tensor, reads_BRN: Tensor) -> Tensor:
    """How much of each slot the free gates leave in use, (B, N) (DNC, methods: ψ)."""
    return products.over_heads(1 - free_BR.unsqueeze(-1) * reads_BRN)


def deallocate(memory_BNW: Tensor, retention_BN: Tensor) -> Tensor:
    """The contents, emptied as far as the free gates release them (DNC-DMS: D)."""
    return memory_BNW * retention_BN.unsqueeze(-1)


def usage(
    usage_BN: Tensor, writes_BPN: Tensor, retention_BN: Tensor, *, stop_gradient: bool = False
) -> Tensor:
    """Usage after the previous writes and frees, (B, N) (DNC, methods: u).

    With several write heads, what any of them wrote is in use. `stop_gradient` keeps gradients out
    of the past write weightings, as google-deepmind/dnc does.
    """
    writes_BPN = writes_BPN.detach() if stop_gradient else writes_BPN
    written_BN = 1 - products.over_heads(1 - writes_BPN)
    return (usage_BN + written_BN - usage_BN * written_BN) * retention_BN


def allocation(usage_BN: Tensor, *, floor: float = 0.0) -> Tensor:
    """Weighting towards unused slots, (B, N): the free list in order of usage (DNC, methods: a).

    Ties are broken by the lowest index. Sums to one less the product of all usages, so a full
    memory has nothing to allocate. Usage in [0, 1]; the order's own gradient is ignored, as in the
    paper. `floor` squeezes usage into [floor, 1] first, as google-deepmind/dnc does with 1e-6.
    """
    usage_BN = floor + (1 - floor) * usage_BN if floor else usage_BN
    sorted_BN, order_BN = usage_BN.sort(dim=-1, stable=True)
    allocation_BN = (1 - sorted_BN) * products.before(sorted_BN)
    return torch.zeros_like(usage_BN).scatter(-1, order_BN, allocation_BN)


def write_weighting(
    content_BN: Tensor, allocation_BN: Tensor, allocation_gate_B: Tensor, write_gate_B: Tensor
) -> Tensor:
    """Gated mix of allocation and content (DNC, methods: w^w); what the gate withholds is no-op."""
    mix_BN = torch.lerp(content_BN, allocation_BN, allocation_gate_B.unsqueeze(-1))
    return write_gate_B.unsqueeze(-1) * mix_BN
