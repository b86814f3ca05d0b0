"""In which order slots were written, and reading along that order (DNC, DNC-DMS)."""

from __future__ import annotations

import torch
from torch import Tensor

LINK_EPS = 1e-6
"""Added to a link weighting before it is sharpened, as the DNC-DMS authors' code does."""


def link(link_BPNN: Tensor, precedence_BPN: Tensor, writes_BPN: Tensor) -> Tensor:
    """Temporal links after a write, from the precedence before it (DNC, methods: L).

    `link[..., i, j]` is the degree to which slot i was written right after slot j; no self-links.
    """
    row, column = writes_BPN.unsqueeze(-1), writes_BPN.unsqueeze(-2)
    linked = (1 - row - column) * link_BPNN + row * precedence_BPN.unsqueeze(-2)
    diagonal = torch.eye(writes_BPN.shape[-1], dtype=torch.bool, device=writes_BPN.device)
    return torch.where(diagonal, 0.0, linked)


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
