"""Traces: one sequence step by step, at one length and at another, as arrays and back."""

import numpy as np
import pytest

from studies.procedures import tracing
from studies.procedures.trace_arrays import by_length, joined
from studies.procedures.tracing import trace, traces


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


def test_the_longest_trained_and_the_longest_tested_sequence_are_kept(trial, monkeypatch):
    task = trial.task.build()
    network = trial.model.build(task.input_size, task.answer.output_size)
    assert task.lengths[1] == 2
    found = by_length(traces(network, task, (1, 2, 5), seed=3))
    assert list(found) == [2, 5]
    for length, each in found.items():
        alone = trace(network, task, length, seed=3)
        assert each.keys() == alone.keys()
        assert all((each[name] == alone[name]).all() for name in alone)
    assert list(by_length(traces(network, task, (1, 2), seed=3))) == [2]
    monkeypatch.setattr(tracing, "MOST_WEIGHTS", found[5]["weights_THN"].size - 1)
    assert list(by_length(traces(network, task, (1, 2, 5), seed=3))) == [2]


def test_a_file_of_an_earlier_version_has_one_trace_of_no_known_length():
    assert by_length({}) == {}
    found = by_length({"heads": np.array(["write"])})
    assert list(found) == [None] and found[None]["heads"] == ["write"]


@pytest.mark.parametrize("lengths", [(3,), (3, 9), (9, 3, 5)])
def test_what_is_joined_comes_apart_again(lengths):
    arrays = {length: {"mask_T": np.arange(length), "heads": np.array([])} for length in lengths}
    found = by_length(joined(arrays))
    assert list(found) == list(lengths)
    assert all((found[length]["mask_T"] == np.arange(length)).all() for length in lengths)
