"""What logits mean for each kind of answer: what they cost, and which probabilities they are."""

from __future__ import annotations

from functools import singledispatch

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from envs.answers import Answer, Bits, Symbols

NATS_PER_BIT = float(np.log(2))


def cost(answer: Answer, logits_TBY: Tensor, targets_TBY: Tensor, mask_TB: Tensor) -> Tensor:
    """Cost per step, (T, B), in nats: minus the log-probability of the target; zero where unscored.

    A logit of `Bits` is that of the bit being one; the bits of a step are independent.
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
def _symbols(answer: Symbols, logits_TBY: Tensor, targets_TBY: Tensor) -> Tensor:
    targets_TB = targets_TBY.squeeze(-1)
    return F.cross_entropy(logits_TBY.flatten(0, 1), targets_TB.flatten(), reduction="none").view(
        targets_TB.shape
    )


@singledispatch
def probabilities(answer: Answer, logits_TBY: Tensor) -> Tensor:
    """What the network believes: the probability of each bit being one, or of each symbol."""
    raise TypeError(f"no probabilities are known for answers of kind {type(answer).__name__}")


@probabilities.register
def _bit_probabilities(answer: Bits, logits_TBY: Tensor) -> Tensor:
    return logits_TBY.sigmoid()


@probabilities.register
def _symbol_probabilities(answer: Symbols, logits_TBY: Tensor) -> Tensor:
    return logits_TBY.softmax(-1)


def tensors(batch: tuple[np.ndarray, ...], device: torch.device | str) -> tuple[Tensor, ...]:
    """The arrays of a batch as tensors on a device."""
    return tuple(torch.from_numpy(array).to(device) for array in batch)
