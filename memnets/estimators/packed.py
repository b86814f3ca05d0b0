"""Sequences packed end to end, taken apart again: each episode a sequence of its own."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..types import Address


class Parts(NamedTuple):
    """Where the parts of packed sequences lie: T steps in the longest of them, B parts."""

    steps_TB: Tensor
    """Which of the steps of the packed sequences, in the order of their flattened (T, B, …)."""
    lengths_B: Tensor

    @classmethod
    def of(cls, starts_TB: Tensor, rollouts: int = 1) -> Parts:
        """A part begins where `starts_TB` is true, and in every row at its first step.

        Rollouts of a sequence lie side by side, and so do those of each of its parts. Raises
        ValueError where they do not begin together.
        """
        steps, rows = starts_TB.shape
        require_rollouts(rows, rollouts)
        # steps × sequences × rollouts
        grouped = starts_TB.unflatten(1, (-1, rollouts))
        if (grouped != grouped[..., :1]).any():
            raise ValueError(
                f"the {rollouts} rollouts of a sequence begin at different steps: repeat its "
                f"starts with its inputs, estimator.spread(starts_TB.unsqueeze(-1)).squeeze(-1)"
            )
        begins = grouped[..., 0].T.clone()
        begins[:, 0] = True
        sequence, begin = begins.nonzero().unbind(1)
        begun = sequence * steps + begin
        lengths = torch.cat([begun, begun.new_tensor([begins.numel()])]).diff()
        row = sequence.unsqueeze(1) * rollouts + torch.arange(rollouts, device=begin.device)
        first_B = (begin.unsqueeze(1) * rows + row).flatten()
        lengths_B = lengths.repeat_interleave(rollouts)
        ahead_T = torch.arange(int(lengths_B.max()), device=begin.device)
        return cls(first_B + rows * ahead_T.unsqueeze(1), lengths_B)

    def apart(self, packed_TBZ: Tensor) -> Tensor:
        """The parts side by side, (T, B, …), with zeros after the end of each."""
        there_TB = there(self.lengths_B, len(self.steps_TB))
        parts_TBZ = packed_TBZ.flatten(0, 1)[self.steps_TB.where(there_TB, 0)]
        return parts_TBZ.where(there_TB.view(*there_TB.shape, *[1] * (parts_TBZ.ndim - 2)), 0)

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
