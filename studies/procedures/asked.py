"""Which steps a network is asked for, and what it costs and says there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from envs.answers import Answer
from envs.tasks.base import Batch
from memnets.types import Rollout, at_steps

from .cost import cost

WIDE = 512
"""From so many logits of a step on, those of steps that are not scored are not computed.

Where few steps are scored, those of all steps are most of the work there, and little of it below.
"""


@dataclass(frozen=True)
class Asked:
    """The steps of a batch at which logits are computed: all, or the scored ones alone.

    `steps_SB`, which the network is called with, is None for all; `counted_SB` is false where a
    sequence with fewer scored steps than another has a step again.
    """

    steps_SB: Tensor | None = None
    counted_SB: Tensor | None = None

    @classmethod
    def of(cls, answer: Answer, batch: Batch, device: torch.device | str) -> Asked:
        """The scored steps where the answer has WIDE logits or more, all steps elsewhere."""
        counts_B = batch.mask_TB.sum(0)
        most = int(counts_B.max(initial=0))
        if answer.output_size < WIDE or not 0 < most < len(batch.mask_TB):
            return cls()
        # of a stable sort, the scored steps come first, in their order
        steps_SB = np.argsort(~batch.mask_TB, 0, kind="stable")[:most]
        counted_SB = np.arange(most)[:, None] < counts_B
        return cls(*(torch.from_numpy(part).to(device) for part in (steps_SB, counted_SB)))

    def cost(
        self, answer: Answer, rollout: Rollout, targets_TBY: Tensor, mask_TB: Tensor
    ) -> Tensor:
        """Cost per step, (T, B), in nats, zero where nothing is scored."""
        if self.steps_SB is None or self.counted_SB is None:
            return cost(answer, rollout.logits_TBY, targets_TBY, mask_TB)
        targets_SBY = at_steps(targets_TBY, self.steps_SB)
        cost_SB = cost(answer, rollout.logits_TBY, targets_SBY, self.counted_SB)
        return cost_SB.new_zeros(mask_TB.shape).scatter(0, self.steps_SB, cost_SB)

    def decided(self, answer: Answer, rollout: Rollout) -> np.ndarray:
        """What the network answers at every step, zero where it is not asked."""
        decided = answer.decide(rollout.logits_TBY.detach().cpu().numpy())
        if self.steps_SB is None:
            return decided
        steps_SB = self.steps_SB.cpu().numpy()
        answers = np.zeros((len(rollout.hidden_TBC), *decided.shape[1:]), decided.dtype)
        answers[steps_SB, np.arange(steps_SB.shape[1])] = decided
        return answers
