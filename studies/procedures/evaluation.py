"""Testing on a fixed grid of lengths."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import torch

from envs.tasks.base import Batch, Task
from envs.tasks.checks import whole
from memnets.addressing import OWN, ControllerAlone, addressed, others, slow_controls
from memnets.network import MemoryNetwork
from memnets.types import Rollout

from ..design.data import BadData
from ..design.settings import is_sequence, seed_of
from .asked import Asked
from .base import Row
from .cost import NATS_PER_BIT, tensors
from .load import Load

CHUNK = 128

Network: TypeAlias = MemoryNetwork | ControllerAlone


def evaluate(
    network: MemoryNetwork, task: Task, lengths: Sequence[int], sequences: int, seed: int
) -> list[Row]:
    """Rows of the network's own address, one per length; then as many of every other address.

    Column `address` tells them apart: "own", "soft" (the whole weighting), "one slot" (its mode),
    "cut off" (reads of zeros). Where the own address is one of these, its numbers are repeated.
    Without memory there is the own address only. Last come tests under the own address at the
    task's `test_points`: columns `number` and `value` say at which, `trained_low` and
    `trained_high` which values of that number were trained.

    The `sequences` of a test depend on it and the seed only, so every evaluation of every model
    of a seed sees the same ones. Randomness of torch is left as it was found.
    """
    batches = _batches(task, lengths, sequences, seed)
    rows: dict[str, list[Row]] = {}
    for address in (OWN, *others(network)):
        if address == network.estimator.at_test:
            rows[address] = [{**row, "address": address} for row in rows[OWN]]
        else:
            rows[address] = _under(address, network, task, batches, seed)
    at_lengths = [row for tests in rows.values() for row in tests]
    return at_lengths + _points(network, task, sequences, seed)


def controls(
    network: MemoryNetwork, task: Task, lengths: Sequence[int], sequences: int, seed: int
) -> list[Row]:
    """Rows of the controls that no kernels run, one per length, of the sequences of `evaluate`.

    Column `address`: "frozen" (nothing that was written stays), "shuffled" (slots drawn at random);
    what is drawn depends on the seed only. Without memory there are none.
    """
    batches = _batches(task, lengths, sequences, seed)
    return [
        row
        for address in slow_controls(network)
        for row in _under(address, network, task, batches, seed)
    ]


def controlled_lengths(task: Task, lengths: Sequence[int]) -> list[int]:
    """Those test lengths that a training is tested at with slow controls: the trained ones.

    Where none of them was trained, the nearest.
    """
    low, high = task.lengths
    away = {n: max(low - n, n - high, 0) for n in lengths}
    return [n for n in lengths if away[n] == min(away.values())]


def _batches(
    task: Task, lengths: Sequence[int], sequences: int, seed: int
) -> list[tuple[int, Batch]]:
    sequences, seed = whole("tests", "sequences", sequences, 1), seed_of(seed)
    if not is_sequence(lengths):
        raise BadData(f"lengths of tests are {lengths!r:.60}; they must be whole numbers.")
    counts = [whole("tests", "a length", length, 0) for length in lengths]
    return [(n, task.test_sample(generator(seed, n), sequences, n)) for n in counts]


def _under(
    address: str,
    network: MemoryNetwork,
    task: Task,
    batches: Sequence[tuple[int, Batch]],
    seed: int,
) -> list[Row]:
    """A row for each length of batches, under one address."""
    with testing(network, seed), addressed(network, address, seed=seed) as changed:
        place = {"kind": "test", "address": address}
        return [
            {**place, "length": length, **_test(changed, task, batch, network)}
            for length, batch in batches
        ]


def _points(network: MemoryNetwork, task: Task, sequences: int, seed: int) -> list[Row]:
    if not task.test_points:
        return []
    ranges, rows = task.difficulty, []
    place = {"kind": "test", "address": OWN, "length": task.lengths[1]}
    for name, value in task.test_points:
        key = [seed, 2, list(ranges).index(name), int(value)]
        batch = task.test_at(np.random.default_rng(key), sequences, name, value)
        low, high = ranges[name]
        point = {"number": name, "value": value, "trained_low": low, "trained_high": high}
        with testing(network, seed), addressed(network, OWN) as changed:
            rows.append({**place, **point, **_test(changed, task, batch, network)})
    return rows


def _test(changed: Network, task: Task, batch: Batch, network: MemoryNetwork) -> Row:
    """The row of a batch of tests, by a network or by what stands in for it under an address."""
    device, load = device_of(network), Load(network.cell.heads, network.cell.slots)
    sequences = batch.mask_TB.shape[1]
    costs, decided, entropies = [], [], []
    for first in range(0, sequences, CHUNK):
        part = batch.select(slice(first, first + CHUNK))
        inputs_TBX, targets_TBY, mask_TB = tensors(part, device)
        asked = Asked.of(task.answer, part, device)
        rollout: Rollout = changed(inputs_TBX, asked_SB=asked.steps_SB)
        load.add(rollout.address)
        costs.append(asked.cost(task.answer, rollout, targets_TBY, mask_TB).sum(0).cpu().numpy())
        decided.append(asked.decided(task.answer, rollout))
        entropies.append(rollout.address.entropy_BH.mean((0, 2)).cpu().numpy())
    bits_B = np.concatenate(costs).astype(np.float64) / NATS_PER_BIT
    entropy_B = np.concatenate(entropies).astype(np.float64)
    answers = np.concatenate(decided, axis=1)
    optimum_B = task.optimum_bits(batch)
    return {
        "bits": float(bits_B.mean()),
        "excess_bits": None if optimum_B is None else float((bits_B - optimum_B).mean()),
        **marks(task, answers, batch),
        **task.marks(task.answer.errors(answers, batch.targets_TBY), batch),
        # without heads there is no entropy, and the mean of nothing is not a number
        "entropy": float(entropy_B.mean()) if rollout.address.entropy_BH.numel() else None,
        **load.row(),
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
def testing(network: MemoryNetwork, seed: int) -> Iterator[None]:
    """Within this, the network is in evaluation mode, and torch draws from the seed."""
    was_training, device = network.training, device_of(network)
    devices = [device] if device.type == "cuda" else []
    network.eval()
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=devices):
            torch.manual_seed(seed)
            yield
    finally:
        network.train(was_training)


def generator(seed: int, length: int) -> np.random.Generator:
    """What draws the sequences of a test."""
    # training draws from [seed]: a longer key is an independent stream
    return np.random.default_rng([seed, 1, int(length)])


def device_of(network: Any) -> torch.device:
    """Where a network lives."""
    return next(network.parameters()).device
