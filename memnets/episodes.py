"""Sequences packed end to end: the state is the first one again where an episode begins."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from .types import NetworkState, Rollout, join_rollouts

Run = Callable[[Tensor, NetworkState], Rollout]
"""Unrolls a stretch in which no episode begins."""


def unroll_episodes(
    run: Run,
    inputs_TBX: Tensor,
    starts_TB: Tensor,
    state: NetworkState,
    first: NetworkState,
) -> Rollout:
    """Unroll over sequences in which episodes begin where `starts_TB` is true.

    There, `first` replaces the state before the step, row by row. The sequence is cut at the steps
    at which an episode begins in any row, and `run` unrolls each stretch whole: few cuts where
    rows begin together, one step at a time at worst. On a GPU the cuts are waited for, once.
    """
    begins = starts_TB.any(1).nonzero().flatten().tolist()
    cuts = sorted({0, len(inputs_TBX), *begins})
    if len(cuts) == 1:
        return run(inputs_TBX, state)
    rollouts = []
    for begin, end in pairwise(cuts):
        if begin in begins:
            state = begun(starts_TB[begin], state, first)
        rollouts.append(run(inputs_TBX[begin:end], state))
        state = rollouts[-1].state
    return join_rollouts(rollouts)


def begun(starts_B: Tensor, state: NetworkState, first: NetworkState) -> NetworkState:
    """The first state in the rows in which an episode begins, the state in all others.

    Raises ValueError for a state that holds more than tensors, such as a persistent memory.
    """

    def chosen(ours: Any, own: Any) -> Any:
        if ours is None:
            return None
        if not isinstance(ours, Tensor):
            raise ValueError(
                f"an episode cannot begin within a sequence where the state holds a "
                f"{type(ours).__name__}: give each episode as a sequence of its own"
            )
        return torch.where(starts_B.view(-1, *[1] * (ours.ndim - 1)), own, ours)

    mixed: NetworkState = pytree.tree_map(chosen, state, first)
    return mixed
