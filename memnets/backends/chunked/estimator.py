"""An estimator over a stretch of steps: random numbers drawn ahead, in the order of the steps."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ...estimators import Estimator
from ...types import Address


class StretchEstimator:
    """Makes addresses out of the weightings of all steps of a stretch, (C · B, H, N), at once.

    What an estimator draws, `draw` gives step by step, and within a step weighting by weighting:
    each gets the numbers that it would have drawn in the loop over the steps.
    """

    def __init__(self, estimator: Estimator, drawn: Sequence[Tensor] | None) -> None:
        """`drawn` has the numbers of each weighting of a step, (C, B, H, U); None: no draws."""
        self._estimator, self._drawn, self._asked = estimator, drawn, 0

    @classmethod
    def ahead(
        cls, estimator: Estimator, weightings: Sequence[int], slots: int, h_CBZ: Tensor
    ) -> StretchEstimator:
        """That of a stretch, in each step of which weightings of so many heads come in turn."""
        if not estimator.draws:
            return cls(estimator, None)
        steps, batch, _ = h_CBZ.shape
        likes = [h_CBZ.new_empty(batch, heads, slots) for heads in weightings]
        drawn = [[estimator.draw(like_BHN) for like_BHN in likes] for _ in range(steps)]
        return cls(estimator, [torch.stack(parts) for parts in zip(*drawn, strict=True)])

    def __call__(self, weighting_ZHN: Tensor) -> Address:
        if self._drawn is None:
            address: Address = self._estimator(weighting_ZHN)
            return address
        drawn_CBHU = self._drawn[self._asked]
        self._asked += 1
        address = self._estimator(weighting_ZHN, drawn_CBHU.flatten(0, 1))
        return address

    def halves(self) -> tuple[StretchEstimator, StretchEstimator]:
        """Those of the first and of the second half of the steps, asked nothing yet."""
        if self._drawn is None:
            return self, self
        first, second = zip(*(part.tensor_split(2) for part in self._drawn), strict=True)
        return StretchEstimator(self._estimator, first), StretchEstimator(self._estimator, second)
