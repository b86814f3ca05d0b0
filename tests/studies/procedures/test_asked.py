"""Training and tests that compute logits at scored steps alone are those that compute all."""

import dataclasses

import numpy as np
import pytest
import torch

from envs.answers import Bits, Symbols
from envs.tasks import make_task
from memnets.spec import ModelSpec
from studies import Supervised, TaskSpec
from studies.procedures import asked
from studies.procedures.asked import Asked
from studies.procedures.evaluation import controls, evaluate
from studies.procedures.learner import Learner
from studies.procedures.training import passes, update

TASKS = {
    "multi_query_recall": {"symbols": 16, "min_length": 16, "max_length": 20, "min_pairs": 2},
    "copy": {"width": 3, "max_length": 4},
}


def everywhere(monkeypatch, wide):
    monkeypatch.setattr(asked, "WIDE", wide)


def close(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        if isinstance(value, float):
            assert other[name] == pytest.approx(value, rel=1e-4, abs=1e-5), name
        else:
            assert other[name] == value, name


@pytest.mark.parametrize("task", ["multi_query_recall", "copy"])
@pytest.mark.parametrize("estimator", ["soft", "reinforce"])
def test_updates_and_tests_are_the_same(trial, monkeypatch, task, estimator):
    spec = ModelSpec("ntm", estimator, controller_size=8, cell_options={"slots": 8, "width": 4})
    own = dataclasses.replace(
        trial,
        task=TaskSpec(task, TASKS[task]),
        model=spec,
        procedure=Supervised(updates=3, batch_size=4, backend="reference"),
    )
    found = []
    for wide in (2, 10_000):
        everywhere(monkeypatch, wide)
        learner = Learner.start(own, own.procedure, "cpu")
        for _ in range(3):
            update(learner)
        network, tests = learner.network, (learner.task, learner.task.lengths, 5, 0)
        rows = evaluate(network, *tests) + controls(network, *tests)
        found.append((learner.sums, [*network.parameters()], rows))
    (sums, weights, rows), (all_sums, all_weights, all_rows) = found
    close(sums, all_sums)
    torch.testing.assert_close(weights, all_weights, rtol=1e-4, atol=1e-5)
    for row, other in zip(rows, all_rows, strict=True):
        close(row, other)


def test_the_scored_steps_are_asked_for_and_a_shorter_sequence_some_of_them_again(monkeypatch):
    task = make_task("multi_query_recall", **TASKS["multi_query_recall"])
    batch = task.sample(np.random.default_rng(0), 6)
    batch.mask_TB[:, 2] = False
    batch.mask_TB[[1, 3], 2] = True
    everywhere(monkeypatch, 2)
    some = Asked.of(task.answer, batch, "cpu")
    most = batch.mask_TB.sum(0).max()
    assert some.steps_SB.shape == (most, 6) and some.counted_SB.sum() == batch.mask_TB.sum()
    assert some.steps_SB[:2, 2].tolist() == [1, 3]
    for row in range(6):
        counted = some.steps_SB[some.counted_SB[:, row], row]
        assert counted.tolist() == np.flatnonzero(batch.mask_TB[:, row]).tolist()


def test_all_steps_are_asked_for_where_little_would_be_saved():
    task = make_task("multi_query_recall", **TASKS["multi_query_recall"])
    batch = task.sample(np.random.default_rng(0), 2)
    assert Asked.of(Symbols(16), batch, "cpu") == Asked()
    assert Asked.of(Symbols(asked.WIDE), batch, "cpu").steps_SB is not None
    assert Asked.of(Bits(asked.WIDE), batch, "cpu").steps_SB is not None
    batch.mask_TB[:] = True
    assert Asked.of(Symbols(asked.WIDE), batch, "cpu") == Asked()
    batch.mask_TB[:] = False
    assert Asked.of(Symbols(asked.WIDE), batch, "cpu") == Asked()


def test_a_regulariser_sees_the_logits_of_all_steps(trial, monkeypatch):
    everywhere(monkeypatch, 2)
    seen = []
    for regularisers in ({}, {"address_entropy": {"weight": 0.1}}):
        procedure = Supervised(updates=1, batch_size=2, regularisers=regularisers)
        own = dataclasses.replace(trial, task=TaskSpec("copy", TASKS["copy"]), procedure=procedure)
        learner = Learner.start(own, own.procedure, "cpu")
        batch = learner.batch()
        seen.append((len(passes(learner, batch).rollout.logits_TBY), len(batch.mask_TB)))
    (some, steps), (every, again) = seen
    assert some < steps and every == again
