"""One evaluated sequence, step by step, at the longest trained length and at the longest tested."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from envs.tasks.base import Task
from memnets.network import MemoryNetwork

from .cost import probabilities, tensors
from .evaluation import device_of, generator, testing
from .trace_arrays import Trace, joined

MOST_WEIGHTS = 2**20
"""Of so many weights of heads a longer sequence is kept; with more it is left out."""


def trace(network: MemoryNetwork, task: Task, length: int, seed: int) -> Trace:
    """One evaluated sequence: what went in, what came out, where the heads pointed."""
    batch = task.test_sample(generator(seed, length), 1, length)
    with testing(network, seed):
        rollout = network(tensors(batch, device_of(network))[0])
    heads, slots = tuple(network.cell.heads), network.cell.slots
    weights_TBHN = rollout.address.dense(slots)
    return {
        "inputs_TX": batch.inputs_TBX[:, 0],
        "targets_TY": batch.targets_TBY[:, 0],
        "outputs_TY": probabilities(task.answer, rollout.logits_TBY)[:, 0].cpu().numpy(),
        "mask_T": batch.mask_TB[:, 0],
        "weights_THN": weights_TBHN[:, 0].cpu().numpy(),
        "heads": np.array(heads, dtype=np.str_),
    }


def traces(network: MemoryNetwork, task: Task, lengths: Sequence[int], seed: int) -> Trace:
    """The trace at the longest trained length and, where a longer one is tested, at the longest."""
    trained, tested = task.lengths[1], max(lengths)
    found = {trained: trace(network, task, trained, seed)}
    if tested > trained:
        longer = trace(network, task, tested, seed)
        if longer["weights_THN"].size <= MOST_WEIGHTS:
            found[tested] = longer
    return joined(found)
