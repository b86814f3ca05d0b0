"""Codes that follow the keys of a cell, and come back to life where no key is near them."""

from __future__ import annotations

from collections import deque

import torch
from torch import Tensor, nn

from ..equations import quantisation
from ..equations.quantisation import Codes
from ..options import require_number

MOST_STEPS = 4_096
"""The keys of so many last steps are kept until the codes move."""


def require_codes(temperature: float, decay: float, revive_below: float) -> None:
    """Raise ValueError, by the names that a cell gives them, unless a `Codebook` can take these."""
    require_number("code_temperature", temperature, above=0)
    require_number("code_decay", decay, least=0, below=1)
    require_number("revive_below", revive_below, least=0, below=1)


class Codebook(nn.Module):
    """N codes of width W for each of R heads; learned without a gradient, at every `advance`.

    In training the keys that are compared are kept until then. Each code becomes the running mean
    of the keys nearest to it, by `decay`; one that has less than `revive_below` of an even share of
    the keys becomes a random one of them.
    """

    codes_RNW: Tensor
    shares_RN: Tensor
    sums_RNW: Tensor

    def __init__(
        self,
        heads: int,
        codes: int,
        width: int,
        *,
        temperature: float = 1.0,
        decay: float = 0.99,
        revive_below: float = 0.1,
    ) -> None:
        super().__init__()
        require_codes(temperature, decay, revive_below)
        self.temperature, self.decay, self.revive_below = temperature, decay, revive_below
        first_RNW = torch.randn(heads, codes, width)
        self.register_buffer("codes_RNW", first_RNW)
        self.register_buffer("shares_RN", torch.full((heads, codes), 1 / codes))
        self.register_buffer("sums_RNW", first_RNW / codes)
        self._keys: deque[Tensor] = deque(maxlen=MOST_STEPS)

    def forward(self, keys_BRW: Tensor) -> Tensor:
        """The weighting of the codes by their distance from each key, (B, R, N)."""
        if self.training and torch.is_grad_enabled():
            self._keys.append(keys_BRW.detach())
        return quantisation.weighting(keys_BRW, self.codes_RNW, self.temperature)

    @torch.no_grad()
    def advance(self) -> None:
        """Move the codes to the keys that were compared since the last time."""
        if not self._keys:
            return
        keys_MRW = torch.cat([*self._keys])
        self._keys.clear()
        codes = Codes(self.codes_RNW, self.shares_RN, self.sums_RNW)
        codes = quantisation.moved(codes, keys_MRW, self.decay)
        R, N, W = codes.codes_RNW.shape
        chosen_RN = torch.randint(len(keys_MRW), (R, N), device=keys_MRW.device)
        chosen_RNW = chosen_RN.unsqueeze(-1).expand(R, N, W)
        own_RNW = keys_MRW.transpose(0, 1).gather(1, chosen_RNW)
        codes = quantisation.revived(codes, own_RNW, self.revive_below)
        for name, value in codes._asdict().items():
            getattr(self, name).copy_(value)
