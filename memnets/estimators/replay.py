"""Choices from outside, and choices that are kept: weightings with slots that are given."""

from __future__ import annotations

import torch
from torch import Tensor

from ..types import Address
from .base import ONE_SLOT, Estimator
from .choices import chosen, likeliest, sample, with_no_op


class Replay(Estimator):
    """Takes its choices from a script, (B, U): one column per decision, in the order of asking.

    Choice N of N slots is the no-op. The log-probabilities are those of the script's choices under
    the weightings that are asked about: so enumeration weighs every sequence of addresses, and an
    agent's stored choices are judged by its present weights. An empty weighting leaves nothing to
    decide: its no-op takes nothing from the script.
    """

    in_training = at_test = ONE_SLOT
    repeatable = True

    def __init__(self, choices_BU: Tensor) -> None:
        super().__init__()
        self.choices_BU = choices_BU
        self.choices: list[int] = []
        """How many choices each decision asked so far had, the no-op included."""

    def forward(self, weighting_BHN: Tensor) -> Address:
        B, heads, slots = weighting_BHN.shape
        if not weighting_BHN.any():
            return chosen(weighting_BHN, weighting_BHN.new_full((B, heads), slots).long())
        asked = len(self.choices)
        self.choices += [slots + 1] * heads
        return chosen(weighting_BHN, self.choices_BU[:, asked : asked + heads])


class Recorded(Estimator):
    """Chooses one slot or the no-op, and keeps the choices as `Replay` takes them.

    Drawn by their probabilities; the most probable ones where `greedy`.
    """

    in_training = at_test = ONE_SLOT

    def __init__(self, *, greedy: bool = False) -> None:
        super().__init__()
        self.greedy = greedy
        self._kept: list[Tensor] = []

    @property
    def draws(self) -> bool:
        return not self.greedy

    def forward(self, weighting_BHN: Tensor) -> Address:
        prob_BHN = with_no_op(weighting_BHN)
        choice_BH = likeliest(prob_BHN) if self.greedy else sample(prob_BHN)
        if weighting_BHN.any():
            self._kept.append(choice_BH)
        return chosen(weighting_BHN, choice_BH)

    @property
    def choices_BU(self) -> Tensor:
        """The choices made so far, one column per decision."""
        return torch.cat(self._kept, -1)
