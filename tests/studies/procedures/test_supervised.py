"""The settings of supervised training: what they may be, and which tasks they fit."""

import dataclasses
import math

import numpy as np
import pytest

from studies import Curriculum, Supervised, TaskSpec
from studies.design.data import BadData


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"updates": 0}, "updates is 0"),
        ({"batch_size": 1.5}, "batch_size is 1.5"),
        ({"learning_rate": -1.0}, "learning_rate is -1.0"),
        ({"clip_norm": float("nan")}, "clip_norm is nan"),
        ({"baseline_clip_norm": 0.0}, "baseline_clip_norm is 0.0"),
        ({"optimiser": "addam"}, "Did you mean 'adam'"),
        ({"test_lengths": ()}, "test_lengths"),
        ({"test_lengths": (0,)}, "test_lengths"),
        ({"solved_errors": -1}, "solved_errors is -1"),
        ({"backend": "fast"}, "there are auto, chunked, compiled, fused, numba, reference"),
    ],
)
def test_training_options_out_of_range_are_refused_in_one_line(change, message):
    with pytest.raises(BadData, match=message) as caught:
        Supervised(**change)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("change", [{"start": 0}, {"grow": 0}, {"errors": -1.0}])
def test_a_curriculum_out_of_range_is_refused(change):
    with pytest.raises(BadData, match=next(iter(change))):
        Curriculum(**change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learning_rate": "1e-3"}, "This is text, not the number 0.001: in YAML write 0.001"),
        ({"learning_rate": "1e-9"}, r"in YAML write 1.0e-9\."),
        ({"learning_rate": math.inf}, "learning_rate is inf; it must be a finite number above 0"),
        ({"solved_errors": math.inf}, "solved_errors is inf; it must be a finite number"),
        ({"solved_errors": "0.1"}, "in YAML write 0.1"),
        ({"test_lengths": (True,)}, "test_lengths is .* one or more whole numbers"),
        ({"test_lengths": 5}, "test_lengths is 5; it must be one or more whole numbers"),
        ({"test_lengths": "12"}, "test_lengths is '12'"),
        ({"updates": True}, "updates is True"),
        ({"optimiser": 3}, "no optimiser 3"),
        ({"backend": 3}, "backend"),
        ({"curriculum": 3}, "curriculum: expected an object"),
        ({"curriculum": {"begin": 3}}, "curriculum: no field 'begin'"),
        ({"regularisers": 3}, "regularisers: options are a mapping"),
        ({"regularisers": {"address_entropy": 1}}, "'address_entropy' is given 1"),
    ],
)
def test_a_setting_of_another_type_is_refused_with_what_would_do(change, message):
    with pytest.raises(BadData, match=message) as caught:
        Supervised(**change)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "change", [{"start": "5"}, {"grow": 1.5}, {"errors": "x"}, {"start": True}]
)
def test_a_curriculum_of_other_types_is_refused(change):
    with pytest.raises(BadData, match=f"curriculum {next(iter(change))} is"):
        Curriculum(**change)


def test_numbers_of_numpy_are_taken_as_pythons_own(trial):
    theirs = Supervised(
        updates=np.int64(7),
        learning_rate=np.float64(0.5),
        clip_norm=np.float32(2),
        test_lengths=np.array([1, 2]),
        curriculum=Curriculum(start=np.int32(2)),
        regularisers={"address_entropy": {"weight": np.float64(0.1)}},
    )
    ours = Supervised(
        updates=7,
        learning_rate=0.5,
        clip_norm=2.0,
        test_lengths=(1, 2),
        curriculum=Curriculum(start=2),
        regularisers={"address_entropy": {"weight": 0.1}},
    )
    assert theirs == ours and type(theirs.updates) is int and type(theirs.clip_norm) is float
    ids = {dataclasses.replace(trial, procedure=one).id for one in (theirs, ours)}
    assert len(ids) == 1
    assert TaskSpec("copy", {"width": np.int64(3)}) == TaskSpec("copy", {"width": 3})


def test_it_takes_tasks_that_generate_batches_and_keeps_their_lengths(trial):
    assert trial.procedure.takes(trial.task.build()) == {"min_length": 1, "max_length": 2}
    with pytest.raises(BadData, match="needs a task that generates batches .* object is not"):
        trial.procedure.takes(object())


def test_solved_needs_a_trained_length_to_be_judged_at(trial):
    wrong = dataclasses.replace(trial.procedure, solved_errors=0.1, test_lengths=(9,))
    with pytest.raises(BadData, match="none of the trained lengths, 1 to 2"):
        wrong.takes(trial.task.build())


def test_the_live_line_follows_rows_of_training(trial):
    row = {"kind": "train", "step": 2, "sequences": 4, "seconds": 0.0, "bits": 1.0}
    assert trial.procedure.progress(row).startswith("2/6  ")
    assert trial.procedure.progress({"kind": "test", "step": 2, "length": 1}) == ""
