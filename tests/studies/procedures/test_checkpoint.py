"""Supervised training stopped anywhere goes on to the same rows, to the bit."""

import dataclasses
import io

import numpy as np
import pytest
import torch

from studies import Curriculum
from studies.design.data import BadData
from studies.procedures.base import BadCheckpoint
from studies.procedures.checkpoint import PARTS
from studies.procedures.evaluation import controls, evaluate
from studies.procedures.learner import Learner
from studies.procedures.trained import trained
from studies.procedures.training import evaluated, update

from ..recorders import Memory, Stopped, rows_of, timeless

ESTIMATORS = ["soft", "straight_through", "gumbel", "reinforce", "annealed"]


@pytest.fixture
def finished(trial):
    """A recorder that holds the rows and the checkpoint of a finished trial."""
    memory = Memory()
    trial.procedure.run(trial, memory)
    return memory


def written(data):
    buffer = io.BytesIO()
    torch.save(data, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_run_stopped_after_any_update_gives_the_same_rows_to_the_bit(trial, estimator):
    trial = dataclasses.replace(
        trial,
        model=dataclasses.replace(trial.model, estimator=estimator),
        procedure=dataclasses.replace(trial.procedure, curriculum=Curriculum(errors=100.0)),
    )
    whole, _ = rows_of(trial)
    learner, rows = Learner.start(trial, trial.procedure, "cpu"), []
    while not learner.over:
        update(learner)
        rows += evaluated(learner) if learner.due else []
        checkpoint = learner.checkpoint()
        # what the process does in between must not matter
        torch.manual_seed(123)
        torch.rand(7)
        learner = Learner.start(trial, trial.procedure, "cpu")
        learner.restore(checkpoint)
    assert [timeless(row) for row in rows] == whole


def test_a_run_killed_between_checkpoints_gives_the_lost_rows_again(trial):
    whole, outcome = rows_of(trial)
    memory = Memory(stop_after=15)
    with pytest.raises(Stopped):
        trial.procedure.run(trial, memory)
    again, ended = rows_of(trial, memory.checkpoint)
    assert again == whole[13:]
    for name in ("solved", "updates", "parameters"):
        assert ended.facts[name] == outcome.facts[name]
    for name, array in outcome.trace.items():
        np.testing.assert_array_equal(ended.trace[name], array)


def test_a_finished_run_resumed_gives_no_row_and_the_same_outcome(trial, finished):
    first, second = (rows_of(trial, finished.checkpoint) for _ in range(2))
    assert first[0] == second[0] == []
    assert first[1].facts == second[1].facts


def test_a_checkpoint_of_another_trial_is_refused_in_one_line(trial, finished):
    with pytest.raises(BadCheckpoint, match="is of trial") as caught:
        rows_of(dataclasses.replace(trial, seed=4), finished.checkpoint)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "torch.load finds no tensors"),
        (b"not a checkpoint", "torch.load finds no tensors"),
        (b"e\x80garbage", "torch.load finds no tensors"),
        (written({"state": 1}), "it holds the entries state"),
        (written([1, 2]), "it holds a list"),
        (written({"a.weight": torch.ones(2)}), "it holds tensors by name, as the state_dict"),
        (written({"spec": {}, "state": {}}), "it holds a model that memnets.save wrote"),
    ],
)
def test_what_is_no_checkpoint_is_named_for_what_it_is(trial, tmp_path, content, said):
    path = tmp_path / "mine.pt"
    path.write_bytes(content)
    for use in (lambda: rows_of(trial, content), lambda: trained(path)):
        with pytest.raises(BadData, match=said) as caught:
            use()
        assert "\n" not in str(caught.value)
        # the file may be the only copy of somebody's work
        assert "delete" not in str(caught.value)


def test_a_checkpoint_of_a_model_that_has_changed_since_is_refused_in_one_line(
    trial, finished, tmp_path
):
    data = torch.load(io.BytesIO(finished.checkpoint), weights_only=True)
    del data["network"]["readout.bias"]
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(written(data))
    for use in (lambda: rows_of(trial, path.read_bytes()), lambda: trained(path)):
        with pytest.raises(BadData, match="another version of the model .*readout.bias") as caught:
            use()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("entry", sorted(PARTS))
def test_an_entry_of_another_version_is_refused_in_one_line(trial, finished, entry):
    data = torch.load(io.BytesIO(finished.checkpoint), weights_only=True)
    data[entry] = {"another": "version"}
    with pytest.raises(BadCheckpoint, match="another version") as caught:
        rows_of(trial, written(data))
    assert "\n" not in str(caught.value)


def test_a_checkpoint_gives_back_trial_and_network(trial, finished, tmp_path):
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(finished.checkpoint)
    before = torch.get_rng_state()
    again, network = trained(str(path))
    assert torch.equal(before, torch.get_rng_state())
    assert again == trial
    task = trial.task.build()
    tests = evaluate(network, task, (1, 2, 3), 3, trial.seed)
    tests += controls(network, task, (1, 2), 3, trial.seed)
    for test, row in zip(tests, finished.rows[-16:], strict=True):
        assert test == {name: row[name] for name in test}
