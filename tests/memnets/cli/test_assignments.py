"""`--set NAME=VALUE` of the study commands."""

import pytest

from memnets.cli.assignments import assigned
from memnets.cli.main import main
from memnets.spec import ModelSpec
from studies import Study, Supervised, TaskSpec
from studies.design.data import BadData

STUDY = Study(
    name="some",
    question="?",
    tasks={"copy": TaskSpec("copy", {"width": 3}), "recall": TaskSpec("associative_recall")},
    models={
        "ntm": ModelSpec("ntm"),
        "dnc": {"copy": ModelSpec("dnc"), "recall": ModelSpec("dnc", controller_size=9)},
    },
    procedure=Supervised(updates=7),
    own={"copy": {"learning_rate": 0.5}},
    seeds=(0,),
)


def test_values_reach_procedure_models_and_tasks():
    texts = ["batch_size=3", "learning_rate=0.01", "model.cell_options.slots=8", "task.width=5"]
    found = assigned(STUDY, texts)
    trials = list(found.trials())
    assert {trial.procedure.batch_size for trial in trials} == {3}
    assert {trial.procedure.updates for trial in trials} == {7}
    # a value for every trial holds where the study had another for one task, too
    assert {trial.procedure.learning_rate for trial in trials} == {0.01}
    assert {trial.model.cell_options["slots"] for trial in trials} == {8}
    assert {trial.task.options["width"] for trial in trials} == {5}
    assert {trial.model.controller_size for trial in trials} == {100, 9}


def test_values_are_json_or_text():
    found = assigned(STUDY, ["optimiser=rmsprop", "clip_norm=null", "test_lengths=[1,2]"])
    assert found.procedure.optimiser == "rmsprop" and found.procedure.clip_norm is None
    assert found.procedure.test_lengths == (1, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model.cell_options.slots=NaN", "--set: ntm: slots is of type int, .* not nan"),
        ("model.cell_options.slots=0", "--set: slots must be a whole number, at least 1"),
        ("batch_size", "--set batch_size: NAME=VALUE is needed"),
        ("=3", "NAME=VALUE is needed"),
        ("batchsize=3", "--set: no field 'batchsize'. Did you mean 'batch_size'"),
        ("batch_size=-3", "batch_size is -3; it must be a whole number"),
        ("model.slots=3", "--set: a model has no 'slots'"),
        ("task.widht=3", "widht"),
    ],
)
def test_what_has_no_place_is_said_in_one_line(text, message):
    with pytest.raises(BadData, match=message) as caught:
        assigned(STUDY, [text])
    assert "\n" not in str(caught.value)


def test_the_command_takes_them(tmp_path, capfd):
    command = ["study", "run", "demo", "--folder", str(tmp_path), "--workers", "0", "--seeds", "0"]
    command += ["--tasks", "copy*", "--models", "*hardened*", "--set", "updates=2"]
    command += ["evaluate_every=1", "model.controller_size=5", "task.max_length=2"]
    command += ["test_lengths=[1,2]", "test_sequences=2"]
    assert main(command) == 0
    (stored,) = tmp_path.glob("demo/*/trial.json")
    text = stored.read_text()
    assert '"controller_size": 5' in text and '"max_length": 2' in text and '"updates": 2' in text


def test_the_command_says_what_it_cannot_set(tmp_path, capfd):
    assert main(["study", "plan", "demo", "--set", "updats=2", "--folder", str(tmp_path)]) == 2
    assert "no field 'updats'. Did you mean 'updates'" in capfd.readouterr().err
