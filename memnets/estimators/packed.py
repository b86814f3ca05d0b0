"""Sequences packed end to end, taken apart again: each episode a sequence of its own."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..types import Address


class Parts(NamedTuple):
    """Where the E parts of packed sequences lie in T steps of B rows, L steps in the longest."""

    steps_LE: Tensor
    """Which of the T · B steps, in the order of a flattened (T, B, …)."""
    lengths_E: Tensor

    @classmethod
    def of(cls, starts_TB: Tensor, rollouts: int = 1) -> Parts:
        """A part begins where `starts_TB` is true, and in every row at its first step.

        Rollouts of a sequence lie side by side, and so do those of each of its parts. Raises
        ValueError where they do not begin together.
        """
        T, B = starts_TB.shape
        require_rollouts(B, rollouts)
        starts_TGR = starts_TB.unflatten(1, (-1, rollouts))
        if (starts_TGR != starts_TGR[..., :1]).any():
            raise ValueError(
                f"the {rollouts} rollouts of a sequence begin at different steps: repeat its "
                f"starts with its inputs, estimator.spread(starts_TB.unsqueeze(-1)).squeeze(-1)"
            )
        begins_GT = starts_TGR[..., 0].T.clone()
        begins_GT[:, 0] = True
        group_E, begin_E = begins_GT.nonzero().unbind(1)
        begun_E = group_E * T + begin_E
        lengths_E = torch.cat([begun_E, begun_E.new_tensor([begins_GT.numel()])]).diff()
        row_ER = group_E.unsqueeze(1) * rollouts + torch.arange(rollouts, device=begin_E.device)
        first_E = (begin_E.unsqueeze(1) * B + row_ER).flatten()
        lengths_E = lengths_E.repeat_interleave(rollouts)
        ahead_L = torch.arange(int(lengths_E.max()), device=begin_E.device)
        return cls(first_E + B * ahead_L.unsqueeze(1), lengths_E)

    def apart(self, packed_TBZ: Tensor) -> Tensor:
        """The parts side by side, (L, E, …), with zeros after the end of each."""
        there_LE = there(self.lengths_E, len(self.steps_LE))
        rows_LEZ = packed_TBZ.flatten(0, 1)[self.steps_LE.where(there_LE, 0)]
        return rows_LEZ.where(there_LE.view(*there_LE.shape, *[1] * (rows_LEZ.ndim - 2)), 0)

    def addresses(self, address: Address) -> Address:
        """The addresses of the parts, side by side."""
        return Address(*(None if x is None else self.apart(x) for x in address))  # type: ignore[arg-type]


def there(lengths_B: Tensor, steps: int) -> Tensor:
    """Whether a step is one of its sequence, (T, B)."""
    return torch.arange(steps, device=lengths_B.device).unsqueeze(1) < lengths_B


def require_rollouts(rows: int, rollouts: int) -> None:
    """Raise ValueError where the batch is not made of so many rollouts per sequence."""
    if rows % rollouts:
        raise ValueError(
            f"a batch of {rows} is not {rollouts} rollouts of each sequence: repeat "
            "its sequences with estimator.spread"
        )
