"""What every procedure owes: a name, settings as data, and columns that tell its rows apart."""

import dataclasses
from dataclasses import dataclass

import pytest

from studies import Gradients, Procedure, Supervised, Trial
from studies.design.data import BadData
from studies.procedures.base import procedures


class Idle(Procedure):
    row_key = ("step",)

    def takes(self, task):
        return {}

    def run(self, trial, recorder):
        raise AssertionError("is never called")

    def progress(self, row):
        return ""


@dataclass(frozen=True)
class Waits(Idle):
    seconds: float = 1.0


def test_a_procedure_is_stored_by_its_registered_name_and_all_its_settings():
    stored = Gradients(updates=3).to_json()
    assert stored["name"] == "gradients" and stored["updates"] == 3
    assert set(stored) == {"name", *(field.name for field in dataclasses.fields(Gradients))}
    assert Procedure.from_json(stored) == Gradients(updates=3)


def test_a_procedure_that_is_not_registered_is_stored_by_its_reference(trial):
    stored = Waits(2.0).to_json()
    assert stored == {"name": f"{__name__}:Waits", "seconds": 2.0}
    one = dataclasses.replace(trial, procedure=Waits(2.0))
    assert Trial.from_json(one.to_json()) == one
    assert one.id != dataclasses.replace(trial, procedure=Waits(3.0)).id


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"name": "supervised", "update": 3}, "no field 'update'.*'updates'"),
        ({"name": "json:JSONDecoder"}, "'json:JSONDecoder' is no Procedure"),
        ({"updates": 3}, "expected an object with a name"),
    ],
)
def test_what_describes_no_procedure_is_refused(data, message):
    with pytest.raises(BadData, match=message):
        Procedure.from_json(data)


def test_an_unknown_name_says_which_there_are():
    with pytest.raises(LookupError, match="memnets.procedures: no 'supervise'.*'supervised'"):
        Procedure.from_json({"name": "supervise"})
    assert {"supervised", "gradients"} <= set(procedures)


def test_a_class_that_is_no_dataclass_is_no_procedure(trial):
    class Plain(Waits):
        pass

    for value in (Idle(), Plain()):
        with pytest.raises(BadData, match="must be a frozen dataclass with a row_key"):
            dataclasses.replace(trial, procedure=value)


@pytest.mark.parametrize("key", ["step", (), (1,), ["step"]])
def test_a_row_key_is_names_of_columns(key):
    with pytest.raises(TypeError, match="row_key is .* must be names of columns"):
        type("Wrong", (Idle,), {"row_key": key})


def test_all_that_decides_the_result_of_supervised_training_is_a_setting(trial):
    changes = {
        "updates": 7,
        "batch_size": 3,
        "learning_rate": 2e-3,
        "optimiser": "rmsprop",
        "clip_norm": 1.0,
        "baseline_clip_norm": 1.0,
        "clock": "processor",
        "evaluate_every": 3,
        "test_lengths": None,
        "test_sequences": 4,
        "solved_errors": 0.1,
        "curriculum": {"start": 1},
        "budget": {"patience": 3},
        "selection": {"restore_best": 1},
        "restarts": {"at_most": 1},
        "averaging": {"decay": 0.5},
        "falling_rate": {"factor": 0.5},
        "schedule": {"warm_up": 3},
        "momentum": 0.5,
        "weight_decay": 0.1,
        "accumulate": 2,
        "skip_norm": 100.0,
        "regularisers": {"address_entropy": {}},
        "backend": "reference",
    }
    # not every optimiser takes a momentum
    trial = dataclasses.replace(
        trial, procedure=dataclasses.replace(trial.procedure, optimiser="sgd")
    )
    # these need a file of weights: test_distillation.py and test_fine_tuning.py change them
    settings = {field.name for field in dataclasses.fields(Supervised)}
    assert {*changes, "distillation", "fine_tuning"} == settings
    others = [
        dataclasses.replace(trial, procedure=dataclasses.replace(trial.procedure, **{name: value}))
        for name, value in changes.items()
    ]
    assert len({trial.id, *(other.id for other in others)}) == len(changes) + 1
