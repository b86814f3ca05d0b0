"""How slots share the work: against a loop over every weight, and in the rows of a test."""

import dataclasses
import math

import pytest
import torch

from memnets.types import Address
from studies.procedures.evaluation import evaluate
from studies.procedures.load import Load

T, B, N = 3, 2, 5
HEADS = ("write", "read 1", "read 2")
SLOTS = torch.tensor([[0, 3], [1, 1], [2, 0]])


def naive(address, at):
    """Share of unused slots and entropy of use, each the mean over some heads."""
    unused, entropies = [], []
    for h in at:
        use, most = [0.0] * N, [0.0] * N
        for t in range(T):
            for b in range(B):
                for k, weight in enumerate(address.weights_BHK[t, b, h].tolist()):
                    slot = k if address.slots_BHK is None else int(address.slots_BHK[t, b, h, k])
                    use[slot] += weight
                    most[slot] = max(most[slot], weight)
        unused.append(sum(weight <= 0.5 / N for weight in most) / N)
        shares = [weight / sum(use) for weight in use if weight]
        entropies.append(-sum(share * math.log(share) for share in shares))
    return sum(unused) / len(at), sum(entropies) / len(at)


@pytest.mark.parametrize("sparse", [False, True])
def test_unused_slots_and_entropy_are_a_loop_over_all_weights(sparse):
    weights = torch.rand(T, B, 3, 2 if sparse else N, dtype=torch.float64).softmax(-1)
    weights[..., 0] *= 0.1
    address = Address.of(weights, SLOTS.expand(T, B, 3, 2) if sparse else None)
    load = Load(HEADS, N)
    # part by part, as a large test comes
    for part in (slice(0, 1), slice(1, 2)):
        load.add(Address(*(None if x is None else x[:, part] for x in address)))
    found = load.row()
    for at, names in (
        ([0], ("unwritten", "write_use_entropy")),
        ([1, 2], ("unread", "read_use_entropy")),
    ):
        assert [found[name] for name in names] == pytest.approx(naive(address, at), abs=1e-10)


def test_an_equal_use_of_all_slots_leaves_none_unused_whatever_their_number():
    for slots in (1, 7, 1_000):
        load = Load(("read",), slots)
        load.add(Address.of(torch.full((T, B, 1, slots), 1 / slots)))
        assert load.row()["unread"] == 0
        assert load.row()["read_use_entropy"] == pytest.approx(math.log(slots), abs=1e-6)
        assert load.row()["unwritten"] is load.row()["write_use_entropy"] is None


def test_a_head_that_touches_nothing_leaves_all_unused():
    load = Load(("write", "read"), N)
    load.add(Address.of(torch.zeros(T, B, 2, N)))
    assert load.row() == {
        "unwritten": 1.0,
        "unread": 1.0,
        "write_use_entropy": 0.0,
        "read_use_entropy": 0.0,
    }


@pytest.mark.parametrize("estimator", ["soft", "reinforce", "top_k"])
def test_every_test_of_a_memory_says_how_its_slots_are_used(trial, estimator):
    task, model = trial.task.build(), dataclasses.replace(trial.model, estimator=estimator)
    network = model.build(task.input_size, task.answer.output_size)
    for row in evaluate(network, task, (2,), 10, seed=1):
        used = [row[name] for name in ("unwritten", "unread")]
        spread = [row[name] for name in ("write_use_entropy", "read_use_entropy")]
        if row["address"] == "cut off":
            assert used == spread == [None, None]
            continue
        assert all(0 <= share < 1 for share in used)
        assert all(0 <= entropy <= math.log(network.cell.slots) + 1e-6 for entropy in spread)


def test_without_memory_nothing_is_used(trial):
    task, model = trial.task.build(), dataclasses.replace(trial.model, cell="none", cell_options={})
    row = evaluate(model.build(task.input_size, task.answer.output_size), task, (2,), 5, seed=1)[0]
    assert row["unwritten"] is row["read_use_entropy"] is None
