"""Testing on a fixed grid of lengths, and the step-by-step trace of one sequence."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from envs.tasks.base import Batch, Task
from memnets.network import MemoryNetwork

from .base import Row
from .cost import NATS_PER_BIT, cost, probabilities, tensors

CHUNK = 128


def evaluate(
    network: MemoryNetwork, task: Task, lengths: Sequence[int], sequences: int, seed: int
) -> list[Row]:
    """One row per length, of `sequences` fresh ones each.

    The sequences depend on the seed and the length only, so every evaluation of every model of a
    seed sees the same ones. Randomness of torch is left as it was found.
    """
    with _testing(network, seed):
        return [_test(network, task, length, sequences, seed) for length in lengths]


def trace(network: MemoryNetwork, task: Task, length: int, seed: int) -> dict[str, np.ndarray]:
    """One evaluated sequence: what went in, what came out, where the heads pointed."""
    batch = task.test_sample(_generator(seed, length), 1, length)
    with _testing(network, seed):
        rollout = network(tensors(batch, _device(network))[0])
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


def _test(network: MemoryNetwork, task: Task, length: int, sequences: int, seed: int) -> Row:
    batch = task.test_sample(_generator(seed, length), sequences, length)
    costs, decided = [], []
    for first in range(0, sequences, CHUNK):
        part = Batch(*(array[:, first : first + CHUNK] for array in batch))
        inputs_TBX, targets_TBY, mask_TB = tensors(part, _device(network))
        logits_TBY = network(inputs_TBX).logits_TBY
        costs.append(cost(task.answer, logits_TBY, targets_TBY, mask_TB).sum(0).cpu().numpy())
        decided.append(task.answer.decide(logits_TBY.cpu().numpy()))
    bits_B = np.concatenate(costs).astype(np.float64) / NATS_PER_BIT
    optimum_B = task.optimum_bits(batch)
    return {
        "kind": "test",
        "length": int(length),
        "bits": float(bits_B.mean()),
        "excess_bits": None if optimum_B is None else float((bits_B - optimum_B).mean()),
        **marks(task, np.concatenate(decided, axis=1), batch),
    }


def marks(task: Task, answers: np.ndarray, batch: Batch) -> dict[str, float]:
    """Accuracy, sequence_accuracy and errors per sequence of decided answers, scored steps only."""
    mask_TB, errors_TB = batch.mask_TB, task.answer.errors(answers, batch.targets_TBY)
    errors_B = (errors_TB * mask_TB).sum(0)
    score_TB = task.answer.fraction(errors_TB) * mask_TB
    return {
        "accuracy": float(score_TB.sum() / max(1, np.count_nonzero(mask_TB))),
        "sequence_accuracy": float(np.count_nonzero(errors_B == 0) / errors_B.size),
        "errors": float(errors_B.mean()),
    }


@contextlib.contextmanager
def _testing(network: MemoryNetwork, seed: int) -> Iterator[None]:
    was_training, device = network.training, _device(network)
    devices = [device] if device.type == "cuda" else []
    network.eval()
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=devices):
            torch.manual_seed(seed)
            yield
    finally:
        network.train(was_training)


def _generator(seed: int, length: int) -> np.random.Generator:
    # training draws from [seed]: a longer key is an independent stream
    return np.random.default_rng([seed, 1, int(length)])


def _device(network: Any) -> torch.device:
    return next(network.parameters()).device
