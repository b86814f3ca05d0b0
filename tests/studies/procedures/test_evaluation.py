"""Tests of a network on fixed lengths, and the trace of one sequence."""

import numpy as np
import pytest
import torch

from envs.tasks import make_task
from memnets.spec import ModelSpec
from studies.procedures.evaluation import CHUNK, evaluate, trace


def test_evaluation_leaves_mode_and_randomness_alone_and_depends_on_the_seed_only(trial):
    task = trial.task.build()
    network = trial.model.build(task.input_size, task.answer.output_size).train()
    before = torch.get_rng_state()
    first = evaluate(network, task, (2, 3), 5, seed=1)
    assert torch.equal(before, torch.get_rng_state()) and network.training
    torch.rand(3)
    assert evaluate(network, task, (2, 3), 5, seed=1) == first
    assert evaluate(network, task, (3,), 5, seed=1) == first[1:]
    assert evaluate(network, task, (2, 3), 5, seed=2) != first


def test_a_large_evaluation_in_pieces_is_that_of_the_whole(trial, monkeypatch):
    task = trial.task.build()
    network = trial.model.build(task.input_size, task.answer.output_size)
    whole = evaluate(network, task, (2,), 50, seed=1)[0]
    monkeypatch.setattr("studies.procedures.evaluation.CHUNK", 7)
    parts = evaluate(network, task, (2,), 50, seed=1)[0]
    assert CHUNK >= 50
    assert parts.pop("kind") == whole.pop("kind")
    assert parts.pop("excess_bits") is whole.pop("excess_bits") is None
    assert parts == pytest.approx(whole, rel=1e-5)


def test_excess_is_measured_against_the_optimum_on_the_same_sequences(trial):
    task = make_task("dynamic_ngrams")
    network = ModelSpec("none", controller_size=4).build(task.input_size, 1)
    row = evaluate(network, task, (20,), 8, seed=0)[0]
    batch = task.sample(np.random.default_rng([0, 1, 20]), 8, 20)
    assert row["excess_bits"] == pytest.approx(row["bits"] - task.optimum_bits(batch).mean())


def test_a_trace_shows_one_sequence_step_by_step(trial):
    task = trial.task.build()
    network = trial.model.build(task.input_size, task.answer.output_size)
    found = trace(network, task, 2, seed=0)
    steps = len(found["mask_T"])
    assert found["inputs_TX"].shape == (steps, task.input_size)
    assert found["targets_TY"].shape == found["outputs_TY"].shape == (steps, 2)
    assert found["weights_THN"].shape == (steps, 2, 4)
    assert found["heads"].tolist() == ["write", "read"]
    assert ((found["outputs_TY"] > 0) & (found["outputs_TY"] < 1)).all()
    assert set(found["weights_THN"].sum(-1).ravel().tolist()) <= {0.0, 1.0}
