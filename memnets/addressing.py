"""The papers' addressing equations as pure functions: tensors in, weightings out.

Every function takes plain tensors, keeps nothing, and names its equation. Each epsilon is stated
once, here, by name.
"""

from __future__ import annotations

import torch
from torch import Tensor

COSINE_EPS = 1e-8
"""Added to the product of the norms in the cosine: defined on zero rows, and below 1e-7 on rows of
norm 0.1 and more."""

ROW_FLOOR = 1e-4
"""Slots of smaller norm pass no gradient through the cosine, whose derivative there, one over the
norm, would grow without bound along a sequence; the value is unaffected."""

LINK_EPS = 1e-6
"""Added to a link weighting before it is sharpened, as the DNC-DMS authors' code does."""

LOG_FLOOR = 1e-30
"""Added to a weight before its logarithm when a weighting is sharpened: zero stays zero, and its
gradient stays that of the plain power."""


def cosine_similarity(key_BHW: Tensor, memory_BNW: Tensor) -> Tensor:
    """Cosine between each key and each slot, (B, H, N) (NTM eq. 6)."""
    norm_BN1 = memory_BNW.norm(dim=-1, keepdim=True)
    told_BNW = torch.where(norm_BN1 > ROW_FLOOR, memory_BNW, memory_BNW.detach())
    norms_BHN = key_BHW.norm(dim=-1, keepdim=True) * told_BNW.norm(dim=-1).unsqueeze(-2)
    return (key_BHW @ told_BNW.transpose(-1, -2)) / (norms_BHN + COSINE_EPS)


def content(memory_BNW: Tensor, key_BHW: Tensor, strength_BH: Tensor) -> Tensor:
    """Content weighting: softmax of the strength times the cosine (NTM eq. 5)."""
    return (strength_BH.unsqueeze(-1) * cosine_similarity(key_BHW, memory_BNW)).softmax(-1)


def masked_content(
    memory_BNW: Tensor, key_BHW: Tensor, strength_BH: Tensor, mask_BHW: Tensor
) -> Tensor:
    """Content weighting that looks only where each head's mask lets it (DNC-DMS: M).

    The mask, in (0, 1), multiplies key and slots before the cosine.
    """
    rows_BHNW = memory_BNW.unsqueeze(1) * mask_BHW.unsqueeze(2)
    key_BH1W = (key_BHW * mask_BHW).unsqueeze(2)
    similarity = cosine_similarity(key_BH1W.flatten(0, 1), rows_BHNW.flatten(0, 1))
    similarity_BHN = similarity.view(*key_BHW.shape[:2], -1)
    return (strength_BH.unsqueeze(-1) * similarity_BHN).softmax(-1)


def interpolate(content_BHN: Tensor, previous_BHN: Tensor, gate_BH: Tensor) -> Tensor:
    """Between the content weighting (gate 1) and the previous weighting (gate 0) (NTM eq. 7)."""
    return torch.lerp(previous_BHN, content_BHN, gate_BH.unsqueeze(-1))


def shift(weighting_BHN: Tensor, shift_BHS: Tensor) -> Tensor:
    """Circular convolution with a distribution over shifts -(S//2) … S//2, S odd (NTM eq. 8)."""
    half = shift_BHS.shape[-1] // 2
    slots = weighting_BHN.shape[-1]
    wrap = -(-half // slots)
    around = torch.cat([weighting_BHN] * (2 * wrap + 1), -1)
    around = around[..., wrap * slots - half : (wrap + 1) * slots + half]
    windows_BHNS = around.unfold(-1, shift_BHS.shape[-1], 1)
    return (windows_BHNS @ shift_BHS.flip(-1).unsqueeze(-1)).squeeze(-1)


def sharpen(weighting_BHN: Tensor, power_BH: Tensor) -> Tensor:
    """Raise to a power and renormalise (NTM eq. 9), in logarithms so that nothing underflows."""
    return (power_BH.unsqueeze(-1) * (weighting_BHN + LOG_FLOOR).log()).softmax(-1)


def retention(free_BR: Tensor, reads_BRN: Tensor) -> Tensor:
    """How much of each slot the free gates leave in use, (B, N) (DNC, methods: ψ)."""
    return (1 - free_BR.unsqueeze(-1) * reads_BRN).prod(1)


def usage(
    usage_BN: Tensor, writes_BPN: Tensor, retention_BN: Tensor, *, stop_gradient: bool = False
) -> Tensor:
    """Usage after the previous writes and frees, (B, N) (DNC, methods: u).

    With several write heads, what any of them wrote is in use. `stop_gradient` keeps gradients out
    of the past write weightings, as google-deepmind/dnc does.
    """
    writes_BPN = writes_BPN.detach() if stop_gradient else writes_BPN
    written_BN = 1 - (1 - writes_BPN).prod(1)
    return (usage_BN + written_BN - usage_BN * written_BN) * retention_BN


def allocation(usage_BN: Tensor, *, floor: float = 0.0) -> Tensor:
    """Weighting towards unused slots, (B, N): the free list in order of usage (DNC, methods: a).

    Ties are broken by the lowest index. Sums to one less the product of all usages, so a full
    memory has nothing to allocate. Usage in [0, 1]; the order's own gradient is ignored, as in the
    paper. `floor` squeezes usage into [floor, 1] first, as google-deepmind/dnc does with 1e-6.
    """
    usage_BN = floor + (1 - floor) * usage_BN if floor else usage_BN
    sorted_BN, order_BN = usage_BN.sort(dim=-1, stable=True)
    before_BN = torch.cat([torch.ones_like(sorted_BN[:, :1]), sorted_BN[:, :-1]], -1).cumprod(-1)
    return torch.zeros_like(usage_BN).scatter(-1, order_BN, (1 - sorted_BN) * before_BN)


def write_weighting(
    content_BN: Tensor, allocation_BN: Tensor, allocation_gate_B: Tensor, write_gate_B: Tensor
) -> Tensor:
    """Gated mix of allocation and content (DNC, methods: w^w); what the gate withholds is no-op."""
    mix_BN = torch.lerp(content_BN, allocation_BN, allocation_gate_B.unsqueeze(-1))
    return write_gate_B.unsqueeze(-1) * mix_BN


def link(link_BPNN: Tensor, precedence_BPN: Tensor, writes_BPN: Tensor) -> Tensor:
    """Temporal links after a write, from the precedence before it (DNC, methods: L).

    `link[..., i, j]` is the degree to which slot i was written right after slot j; no self-links.
    """
    row, column = writes_BPN.unsqueeze(-1), writes_BPN.unsqueeze(-2)
    linked = (1 - row - column) * link_BPNN + row * precedence_BPN.unsqueeze(-2)
    diagonal = torch.eye(writes_BPN.shape[-1], dtype=torch.bool, device=writes_BPN.device)
    return linked.masked_fill(diagonal, 0.0)


def precedence(precedence_BPN: Tensor, writes_BPN: Tensor) -> Tensor:
    """Which slot was written last (DNC, methods: p); updated after the links."""
    return (1 - writes_BPN.sum(-1, keepdim=True)) * precedence_BPN + writes_BPN


def forward_backward(link_BPNN: Tensor, reads_BRN: Tensor) -> tuple[Tensor, Tensor]:
    """Weightings one write later and one write earlier, each (B, R, P, N) (DNC: f and b)."""
    reads_BPRN = reads_BRN.unsqueeze(1).expand(-1, link_BPNN.shape[1], -1, -1)
    forward = (reads_BPRN @ link_BPNN.transpose(-1, -2)).transpose(1, 2)
    backward = (reads_BPRN @ link_BPNN).transpose(1, 2)
    return forward, backward


def sharpen_link(weighting_BRN: Tensor, sharpness_BR: Tensor) -> Tensor:
    """A forward or backward weighting made sharp and normalised (DNC-DMS: S)."""
    return (sharpness_BR.unsqueeze(-1) * (weighting_BRN + LINK_EPS).log()).softmax(-1)


def mix_read_modes(
    modes_BRM: Tensor, backward_BRPN: Tensor, content_BRN: Tensor, forward_BRPN: Tensor
) -> Tensor:
    """Read weighting from its modes: P backward, one content, P forward (DNC: w^r; M = 2P + 1)."""
    choices = torch.cat([backward_BRPN, content_BRN.unsqueeze(2), forward_BRPN], 2)
    return (modes_BRM.unsqueeze(-2) @ choices).squeeze(-2)


def recency(scores_BHN: Tensor, recent_BHN: Tensor, gate_BH: Tensor) -> Tensor:
    """Softmax of the scores, lowered where the head looked lately (D-NTM: LRU)."""
    return (scores_BHN - gate_BH.unsqueeze(-1) * recent_BHN).softmax(-1)


def recent(recent_BHN: Tensor, scores_BHN: Tensor, decay: float = 0.1) -> Tensor:
    """Moving average of a head's scores; no gradient passes through it (D-NTM: v)."""
    return decay * recent_BHN + (1 - decay) * scores_BHN.detach()
