"""A training that begins with the weights of a trained network."""

import dataclasses
import shutil

import pytest
import torch

from memnets.saved import save
from studies import FineTuning, TaskSpec
from studies.design.data import BadData
from studies.design.trial import Trial
from studies.procedures.trained import trained

from ..recorders import Memory
from .steered import same, start, steered, stopped_after_every_update, weights
from .test_distillation import rows_of


@pytest.fixture
def first(trial, tmp_path):
    """The checkpoint of a trained trial, and the path of it."""
    memory = Memory()
    before = dataclasses.replace(steered(trial, learning_rate=0.3), seed=8)
    before.procedure.run(before, memory)
    path = tmp_path / "first.pt"
    path.write_bytes(memory.checkpoint)
    return path


def tuned(trial, path, **settings):
    return steered(trial, fine_tuning=FineTuning(str(path)), **settings)


def test_training_begins_with_the_weights_in_the_file(trial, first):
    learner = start(tuned(trial, first))
    assert same(weights(learner), [part.detach() for part in trained(first)[1].parameters()])
    assert not same(weights(learner), weights(start(steered(trial))))
    assert learner.step == 0 and not learner.optimiser.state


def test_a_saved_model_is_as_good_as_a_checkpoint(trial, first, tmp_path):
    task = trial.task.build()
    saved = tmp_path / "saved.pt"
    model = steered(trial).model
    save(saved, trained(first)[1], model, **task.network_sizes)
    assert tuned(trial, saved).id == tuned(trial, first).id


def test_the_weights_are_part_of_the_id_and_their_place_is_not(trial, first, tmp_path):
    copy = shutil.copy(first, tmp_path / "elsewhere.pt")
    assert tuned(trial, copy).id == tuned(trial, first).id != steered(trial).id
    data = torch.load(first, weights_only=True)
    name = next(iter(data["network"]))
    data["network"][name] = data["network"][name] + 1
    torch.save(data, copy)
    assert tuned(trial, copy).id != tuned(trial, first).id
    assert Trial.from_json(tuned(trial, first).to_json()) == tuned(trial, first)


def test_a_stopped_trial_goes_on_to_the_same_rows(trial, first):
    whole, _ = rows_of(tuned(trial, first))
    assert stopped_after_every_update(tuned(trial, first))[0] == whole


def test_a_file_that_is_none_is_refused_in_one_line(trial, first, tmp_path):
    with pytest.raises(BadData, match="there is no file of weights .*gone.pt"):
        FineTuning(str(tmp_path / "gone.pt"))
    (tmp_path / "bad.pt").write_text("no")
    with pytest.raises(BadData, match="bad.pt is no file of weights: torch.load finds no network"):
        FineTuning(str(tmp_path / "bad.pt"))
    with pytest.raises(BadData, match="holds other weights than the trial's"):
        start(steered(trial, fine_tuning=FineTuning(str(first), "0" * 64)))


def test_weights_of_another_model_or_task_are_refused(trial, first):
    wider = dataclasses.replace(tuned(trial, first), task=TaskSpec("copy", {"width": 3}))
    with pytest.raises(BadData, match="do not fit this model on this task"):
        start(wider)
