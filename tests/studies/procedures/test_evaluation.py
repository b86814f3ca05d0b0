"""Tests of a network on fixed lengths."""

import dataclasses

import numpy as np
import pytest
import torch

from envs.tasks import make_task
from memnets.spec import ModelSpec
from studies.procedures.best import chosen
from studies.procedures.cost import cost, tensors
from studies.procedures.evaluation import (
    CHUNK,
    controlled_lengths,
    controls,
    evaluate,
)


def test_evaluation_leaves_mode_and_randomness_alone_and_depends_on_the_seed_only(trial):
    task = trial.task.build()
    network = trial.model.build(task.input_size, task.answer.output_size).train()
    before = torch.get_rng_state()
    first = evaluate(network, task, (2, 3), 5, seed=1)
    assert torch.equal(before, torch.get_rng_state()) and network.training
    torch.rand(3)
    assert evaluate(network, task, (2, 3), 5, seed=1) == first
    assert evaluate(network, task, (3,), 5, seed=1) == [row for row in first if row["length"] == 3]
    assert evaluate(network, task, (2, 3), 5, seed=2) != first


def test_a_large_evaluation_in_pieces_is_that_of_the_whole(trial, monkeypatch):
    task = trial.task.build()
    network = trial.model.build(task.input_size, task.answer.output_size)
    whole = evaluate(network, task, (2,), 50, seed=1)[0]
    monkeypatch.setattr("studies.procedures.evaluation.CHUNK", 7)
    parts = evaluate(network, task, (2,), 50, seed=1)[0]
    assert CHUNK >= 50
    assert parts.pop("kind") == whole.pop("kind") == "test"
    assert parts.pop("address") == whole.pop("address") == "own"
    assert parts.pop("excess_bits") is whole.pop("excess_bits") is None
    assert parts == pytest.approx(whole, rel=1e-5)


def test_excess_is_measured_against_the_optimum_on_the_same_sequences(trial):
    task = make_task("dynamic_ngrams")
    network = ModelSpec("none", controller_size=4).build(task.input_size, 1)
    row = evaluate(network, task, (20,), 8, seed=0)[0]
    batch = task.sample(np.random.default_rng([0, 1, 20]), 8, 20)
    assert row["excess_bits"] == pytest.approx(row["bits"] - task.optimum_bits(batch).mean())


@pytest.mark.parametrize(
    ("estimator", "same", "addresses"),
    [
        ("soft", "soft", ["own", "soft", "one slot", "cut off"]),
        ("reinforce", "one slot", ["own", "soft", "one slot", "cut off"]),
        ("top_k", None, ["own", "one slot", "cut off"]),
    ],
)
def test_every_memory_is_tested_under_every_address(trial, estimator, same, addresses):
    task, model = trial.task.build(), dataclasses.replace(trial.model, estimator=estimator)
    network = model.build(task.input_size, task.answer.output_size)
    rows = evaluate(network, task, (2, 3), 40, seed=1)
    assert [(row["address"], row["length"]) for row in rows] == [
        (address, length) for address in addresses for length in (2, 3)
    ]
    bits = {
        address: [row["bits"] for row in rows if row["address"] == address] for address in addresses
    }
    assert len({tuple(found) for found in bits.values()}) == 3
    assert all(found == bits["own"] for address, found in bits.items() if address == same)
    for row in rows:
        assert (row["entropy"] is None) == (row["address"] == "cut off")


def test_the_other_addresses_are_those_of_models_with_the_same_weights(trial):
    task = trial.task.build()
    soft, hard = (
        dataclasses.replace(trial.model, estimator=name).build(task.input_size, 2)
        for name in ("soft", "straight_through")
    )
    hard.load_state_dict(soft.state_dict())
    by_address = {row["address"]: row for row in evaluate(soft, task, (3,), 20, seed=1)}
    own = evaluate(hard, task, (3,), 20, seed=1)[0]
    assert own["address"] == "own"
    for name in ("bits", "accuracy", "errors", "entropy"):
        assert by_address["one slot"][name] == pytest.approx(own[name], rel=1e-5)


def test_without_memory_there_is_the_own_address_only_and_no_entropy(trial):
    task = trial.task.build()
    network = ModelSpec("none", controller_size=4).build(task.input_size, 2)
    rows = evaluate(network, task, (2, 3), 5, seed=1)
    assert [row["address"] for row in rows] == ["own", "own"]
    assert [row["entropy"] for row in rows] == [None, None]


def test_tests_at_other_numbers_than_the_length_come_last_and_change_no_other():
    task = make_task("graph_traversal", digits=1, max_length=2, min_nodes=3, max_nodes=5)
    model = ModelSpec("ntm", "soft", "lstm", 8, {"slots": 4, "width": 4})
    network = model.build(task.input_size, task.answer.output_size)
    rows = evaluate(network, task, (1, 2), 6, seed=1)
    assert [row.get("number") for row in rows] == [None] * 8 + ["nodes"] * 3 + ["degree"] * 3
    nodes = rows[8:11]
    assert [row["value"] for row in nodes] == [3, 5, 10]
    assert {row["length"] for row in rows[8:]} == {2}
    assert {(row["trained_low"], row["trained_high"]) for row in nodes} == {(3, 5)}
    batch = task.sample(np.random.default_rng([1, 2, 1, 10]), 6, 2, nodes=10)
    assert (batch.steps_B >= 10 + 2 * 2).all()
    assert 0 <= nodes[2]["accuracy"] <= 1 and nodes[2]["errors"] <= 2 * 3
    # what is judged are tests of lengths
    assert chosen(rows, "own") == rows[:2]


def test_slow_controls_are_of_the_same_sequences_and_of_the_seed(trial):
    task = trial.task.build()
    network = trial.model.build(task.input_size, task.answer.output_size).train()
    before = torch.get_rng_state()
    rows = controls(network, task, (2, 3), 40, seed=1)
    assert torch.equal(before, torch.get_rng_state()) and network.training
    assert [(row["address"], row["length"]) for row in rows] == [
        (address, length) for address in ("frozen", "shuffled") for length in (2, 3)
    ]
    assert controls(network, task, (2, 3), 40, seed=1) == rows
    own, other = evaluate(network, task, (2, 3), 40, seed=1), controls(network, task, (2,), 40, 2)
    assert {row["bits"] for row in rows}.isdisjoint(row["bits"] for row in (*own, *other))
    # a memory that is frozen, and never read, is one that is cut off
    with torch.no_grad():
        network.readout.weight[:, -network.cell.read_size :] = 0
        for name, weight in network.controller.named_parameters():
            if weight.shape[-1] == task.input_size + network.cell.read_size:
                weight[:, task.input_size :] = 0
            assert "weight" not in name or weight.ndim == 2
    cut_off = [row for row in evaluate(network, task, (2,), 40, 1) if row["address"] == "cut off"]
    for row in controls(network, task, (2,), 40, seed=1):
        assert row["bits"] == pytest.approx(cut_off[0]["bits"], rel=1e-5)


def test_without_memory_there_are_no_controls(trial):
    task = trial.task.build()
    network = ModelSpec("none", controller_size=4).build(task.input_size, 2)
    assert controls(network, task, (2, 3), 5, seed=1) == []


def test_slow_controls_are_tested_at_trained_lengths_or_else_at_the_nearest():
    task = make_task("copy", min_length=3, max_length=5)
    assert controlled_lengths(task, (1, 3, 4, 5, 6, 20)) == [3, 4, 5]
    assert controlled_lengths(task, (1, 8, 20)) == [1]
    assert controlled_lengths(task, (8, 20)) == [8]


def test_a_memory_that_learned_to_copy_is_lost_under_every_control():
    """An NTM whose controller cannot remember: two patterns are written, then read."""
    task = make_task("copy", width=2, min_length=2, max_length=2)
    torch.manual_seed(0)
    model = ModelSpec("ntm", "soft", "feedforward", 32, {"slots": 8, "width": 8})
    network = model.build(**task.network_sizes)
    optimiser, rng = torch.optim.Adam(network.parameters(), 1e-2), np.random.default_rng(0)
    for _ in range(250):
        inputs, targets, mask = tensors(task.sample(rng, 16, 2), "cpu")
        optimiser.zero_grad()
        cost(task.answer, network(inputs).logits_TBY, targets, mask).sum(0).mean().backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 10)
        optimiser.step()
    rows = [*evaluate(network, task, (2,), 64, 0), *controls(network, task, (2,), 64, 0)]
    right = {row["address"]: row["accuracy"] for row in rows}
    assert right["own"] > 0.95
    assert max(right[name] for name in ("cut off", "frozen", "shuffled")) < 0.85


@pytest.mark.parametrize("lengths", [3, "3", (2.5,), (-1,), (None,), {3: 1}])
def test_lengths_that_are_none_are_one_line(trial, lengths):
    task = trial.task.build()
    network = trial.model.build(**task.network_sizes)
    for test in (evaluate, controls):
        with pytest.raises(ValueError, match="length.* whole number"):
            test(network, task, lengths, 5, seed=1)
