"""What logits mean for each kind of answer: what they cost, and which probabilities they are."""

from __future__ import annotations

from functools import singledispatch

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from envs.answers import Answer, Bits, Fields, Symbols
from envs.tasks.batch import Batch

NATS_PER_BIT = float(np.log(2))


def cost(answer: Answer, logits_TBY: Tensor, targets_TBY: Tensor, mask_TB: Tensor) -> Tensor:
    """Cost per step, (T, B), in nats: minus the log-probability of the target; zero where unscored.

    A logit of `Bits` is that of the bit being one; the bits of a step, and the symbols of `Fields`,
    are independent.
    """
    return step_cost(answer, logits_TBY, targets_TBY).where(mask_TB, 0.0)


@singledispatch
def step_cost(answer: Answer, logits_TBY: Tensor, targets_TBY: Tensor) -> Tensor:
    """Cost of every step, scored or not; another kind of answer registers its own."""
    raise TypeError(f"no cost is known for answers of kind {type(answer).__name__}")


@step_cost.register
def _bits(answer: Bits, logits_TBY: Tensor, targets_TBY: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits_TBY, targets_TBY, reduction="none").sum(-1)


@step_cost.register
def _symbols(answer: Symbols | Fields, logits_TBY: Tensor, targets_TBY: Tensor) -> Tensor:
    logits_ZY = logits_TBY.reshape(-1, answer.vocabulary)
    cost_Z = F.cross_entropy(logits_ZY, targets_TBY.flatten(), reduction="none")
    return cost_Z.view(targets_TBY.shape).sum(-1)


@singledispatch
def probabilities(answer: Answer, logits_TBY: Tensor) -> Tensor:
    """What the network believes: the probability of each bit being one, or of each symbol.

    (T, B, Y), as the logits; of `Fields`, those of each symbol of a step sum to one.
    """
    raise TypeError(f"no probabilities are known for answers of kind {type(answer).__name__}")


@probabilities.register
def _bit_probabilities(answer: Bits, logits_TBY: Tensor) -> Tensor:
    return logits_TBY.sigmoid()


@probabilities.register
def _symbol_probabilities(answer: Symbols | Fields, logits_TBY: Tensor) -> Tensor:
    return _apart(answer, logits_TBY).softmax(-1).flatten(-2)


@singledispatch
def divergence(
    answer: Answer, logits_TBY: Tensor, theirs_TBY: Tensor, temperature: float
) -> Tensor:
    """KL of the answers from a teacher's per step, (T, B), in nats, times the temperature's square.

    Logits are divided by the temperature; its square keeps gradients as large as at 1 (Hinton et
    al., 2015). Another kind of answer registers its own.
    """
    raise TypeError(f"no divergence is known for answers of kind {type(answer).__name__}")


@divergence.register
def _bits_apart(answer: Bits, logits_TBY: Tensor, theirs_TBY: Tensor, temperature: float) -> Tensor:
    ours, theirs = logits_TBY / temperature, theirs_TBY / temperature
    ones = theirs.sigmoid() * (F.logsigmoid(theirs) - F.logsigmoid(ours))
    zeros = (-theirs).sigmoid() * (F.logsigmoid(-theirs) - F.logsigmoid(-ours))
    return temperature**2 * (ones + zeros).sum(-1)


@divergence.register
def _symbols_apart(
    answer: Symbols | Fields, logits_TBY: Tensor, theirs_TBY: Tensor, temperature: float
) -> Tensor:
    ours, theirs = (
        _apart(answer, one).div(temperature).log_softmax(-1) for one in (logits_TBY, theirs_TBY)
    )
    return temperature**2 * (theirs.exp() * (theirs - ours)).sum((-2, -1))


def _apart(answer: Symbols | Fields, logits_TBY: Tensor) -> Tensor:
    """Logits with an axis for the symbols of a step and one for the vocabulary."""
    return logits_TBY.unflatten(-1, (-1, answer.vocabulary))


def tensors(batch: Batch, device: torch.device | str) -> tuple[Tensor, Tensor, Tensor]:
    """Inputs, targets and mask of a batch as tensors on a device."""
    inputs_TBX, targets_TBY, mask_TB = (torch.from_numpy(array).to(device) for array in batch)
    return inputs_TBX, targets_TBY, mask_TB
