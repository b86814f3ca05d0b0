"""Sparse access: write where was just read and where was least used, follow sparse links.

Pure functions. An address stays in its form: sparse in, sparse out. Contents may be a tensor or a
`PersistentMemory`, of which only the named rows are touched.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..storage import contents_of
from ..types import Address
from .memory import M

ACCESS_THRESHOLD = 0.005
"""A slot counts as accessed where its read and write weights sum to more than this (SAM: δ)."""


def last_access(
    last_BN: Tensor, accessed_BN: Tensor, time_B: Tensor, *, threshold: float = ACCESS_THRESHOLD
) -> Tensor:
    """When each slot was last accessed, after an access at that time (SAM: U2).

    The paper's usage is the time since; the least recently accessed slot is the smallest here.
    """
    return torch.where(accessed_BN > threshold, time_B.unsqueeze(-1), last_BN)


def discounted_access(usage_BN: Tensor, accessed_BN: Tensor, decay: float) -> Tensor:
    """Discounted sum of all read and write weights (SAM: U1; MANN: w^u)."""
    return decay * usage_BN + accessed_BN


def least_used(usage_BN: Tensor, count: int) -> Tensor:
    """The so many least used slots, (B, count), least first; ties by the lowest index."""
    usage_BN, slots = usage_BN.detach(), []
    for _ in range(count):
        slots.append(usage_BN.argmin(-1, keepdim=True))
        usage_BN = usage_BN.scatter(-1, slots[-1], torch.inf)
    return torch.cat(slots, -1)


def write_address(
    read_BHK: Tensor,
    slots_BHK: Tensor | None,
    least_BH: Tensor,
    write_gate_BH: Tensor,
    read_gate_BH: Tensor,
) -> Address:
    """w^W = α (γ w^R + (1 - γ) I^U): the previous read and the least used slot (SAM).

    With a write gate α of one these are the write weights of MANN. Nothing is chosen,
    so log-probability and entropy are zero.
    """
    gate_BH1 = write_gate_BH.unsqueeze(-1)
    reread_BHK = gate_BH1 * read_gate_BH.unsqueeze(-1) * read_BHK
    fresh_BH1 = gate_BH1 * (1 - read_gate_BH.unsqueeze(-1))
    if slots_BHK is None:
        return Address.of(reread_BHK.scatter_add(-1, least_BH.unsqueeze(-1), fresh_BH1))
    weights_BHK = torch.cat([reread_BHK, fresh_BH1], -1)
    return Address.of(weights_BHK, torch.cat([slots_BHK, least_BH.unsqueeze(-1)], -1))


def clear(memory_BNW: M, slots_BH: Tensor) -> M:
    """Memory with the named slots zeroed (SAM: the erase matrix R)."""
    cleared: M = contents_of(memory_BNW).clear(slots_BH)
    return cleared


def add(memory_BNW: M, address: Address, add_BHW: Tensor) -> M:
    """M + Σ_h w_h a_hᵀ, touching only the slots that a sparse address names (SAM)."""
    added: M = contents_of(memory_BNW).edit(address, _added, add_BHW)
    return added


def links(
    forward_BHNN: Tensor,
    backward_BHNN: Tensor,
    precedence_BHN: Tensor,
    writes_BHN: Tensor,
    *,
    keep: int,
) -> tuple[Tensor, Tensor]:
    """Sparse links after a write, from the precedence before it (SAM, supplement: N and P).

    N(i, j) ← (1 - w(i)) N(i, j) + w(i) p(j) and P(i, j) ← (1 - w(j)) P(i, j) + w(j) p(i), each row
    then cut to its `keep` largest. No gradient passes.
    """
    writes, before = writes_BHN.detach(), precedence_BHN.detach()
    row, column = writes.unsqueeze(-1), writes.unsqueeze(-2)
    after_BHNN = (1 - row) * forward_BHNN + row * before.unsqueeze(-2)
    before_BHNN = (1 - column) * backward_BHNN + column * before.unsqueeze(-1)
    return largest(after_BHNN, keep), largest(before_BHNN, keep)


def largest(values: Tensor, keep: int) -> Tensor:
    """All but the `keep` largest of the last axis set to zero."""
    if keep >= values.shape[-1]:
        return values
    kept, where = values.topk(keep, -1)
    return torch.zeros_like(values).scatter(-1, where, kept)


def follow(link_BHNN: Tensor, reads_BHN: Tensor) -> Tensor:
    """Where the links lead from the previous reads, (B, H, N) (SDNC: f = N w^r, b = P w^r).

    Unlike DNC's, these links can lead from one slot to several with weight one each; what then
    sums to more than one is scaled back to one.
    """
    led_BHN = (link_BHNN @ reads_BHN.unsqueeze(-1)).squeeze(-1)
    return led_BHN / led_BHN.sum(-1, keepdim=True).clamp_min(1.0)


def _added(memory_BNW: Tensor, address: Address, add_BHW: Tensor) -> Tensor:
    if address.slots_BHK is None:
        return memory_BNW + address.weights_BHK.transpose(1, 2) @ add_BHW
    change = (address.weights_BHK.unsqueeze(-1) * add_BHW.unsqueeze(-2)).flatten(1, 2)
    index = address.slots_BHK.flatten(1).unsqueeze(-1).expand_as(change)
    return memory_BNW.scatter_add(1, index, change)
