"""`memnets study verify|list|remove|retry|migrate`: single trials of a study that was run."""

import json
import shutil

import pytest

from memnets.cli.main import main
from studies.running.folder_lock import held
from studies.running.store import ResultStore

from .shell import refusal, train


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    assert train(folder / "few", "--procedure.backend", "reference") == 0
    return folder


@pytest.fixture
def runs(trained, tmp_path):
    """A folder in which the study `few` has one finished trial."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def trial(runs):
    (trial,) = ResultStore(runs / "few").trials()
    return trial


def study(command, runs, *more):
    return main(["study", command, "few", *more, "--folder", str(runs)])


def test_trials_are_listed_by_id_with_what_became_of_them(runs, trial, capsys):
    capsys.readouterr()
    assert study("list", runs) == 0
    line = capsys.readouterr().out
    assert line.split()[:2] == [trial.id, "done"] and "on copy, seed 0" in line
    (runs / "few" / trial.id / "done.json").unlink()
    study("list", runs)
    assert capsys.readouterr().out.split()[1] == "begun"
    (runs / "few" / trial.id / "trial.json").write_text("{")
    study("list", runs)
    assert "broken: " in capsys.readouterr().out


def test_what_is_wrong_is_said_and_is_the_status(runs, trial, capsys):
    assert study("verify", runs) == 0
    assert "1 trials looked at, nothing wrong" in capsys.readouterr().out
    (runs / "few" / trial.id / "metrics.jsonl").write_text("")
    assert study("verify", runs) == 1
    out = capsys.readouterr().out
    assert "though the trial is finished: delete" in out and "1 wrong" in out


def test_a_trial_is_removed_by_the_beginning_of_its_id(runs, trial, capsys):
    assert study("remove", runs, trial.id[:5]) == 0
    assert not (runs / "few" / trial.id).exists() and not list(runs.rglob("*.partial"))
    study("list", runs)
    assert "not begun" in capsys.readouterr().out


def test_a_failed_trial_is_made_again_and_goes_on(runs, trial, capsys):
    store = ResultStore(runs / "few")
    rows = store.rows(trial)
    (store.path(trial) / "done.json").unlink()
    store.fail(trial, {"error": "ValueError: no", "traceback": ""})
    assert study("retry", runs, "--failed") == 0
    assert "1 trials done" in capsys.readouterr().err
    assert store.is_done(trial) and store.rows(trial) == rows and len(store.failures()) == 0
    assert "no trial failed" in refusal(
        capsys, ["study", "retry", "few", "--failed", "--folder", str(runs)]
    )


def test_a_finished_trial_is_made_from_the_start_only_where_that_is_asked_for(runs, trial, capsys):
    store = ResultStore(runs / "few")
    before = [{**row, "seconds": 0} for row in store.rows(trial)]
    command = ["study", "retry", "few", trial.id, "--folder", str(runs)]
    assert "--anew makes it from the start" in refusal(capsys, command)
    (store.path(trial) / "metrics.jsonl").write_text("")
    assert main([*command, "--anew"]) == 0
    assert [{**row, "seconds": 0} for row in store.rows(trial)] == before
    assert store.study["trials"] == [trial.id]


@pytest.mark.parametrize("command", ["verify", "remove", "retry", "migrate"])
def test_a_folder_that_a_run_holds_is_left_alone(runs, trial, command, capsys):
    before = {path: path.read_bytes() for path in runs.rglob("*") if path.is_file()}
    more = {"remove": [trial.id], "retry": [trial.id, "--anew"]}.get(command, [])
    with held(runs / "few"):
        said = refusal(capsys, ["study", command, "few", *more, "--folder", str(runs)])
    assert "in use by another run" in said
    assert {path: path.read_bytes() for path in runs.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("more", "said"), [((), "name at least one trial"), (("zz",), "no trial begins with 'zz'")]
)
@pytest.mark.parametrize("command", ["remove", "retry"])
def test_trials_that_are_not_there_are_refused_in_one_line(runs, command, more, said, capsys):
    line = refusal(capsys, ["study", command, "few", *more, "--folder", str(runs)])
    assert said in line and "memnets study list few" in line


def test_a_folder_of_an_earlier_form_is_brought_up_to_date(runs, capsys):
    header = runs / "few" / "study.json"
    said = json.loads(header.read_text())
    header.write_text(json.dumps({**said, "schema": 1}))
    assert study("verify", runs) == 0
    assert "see memnets study migrate" in capsys.readouterr().out
    assert study("migrate", runs) == 0
    assert "schema 2, was 1" in capsys.readouterr().out
    assert json.loads(header.read_text()) == said


@pytest.mark.parametrize("command", ["list", "verify", "remove", "retry", "migrate"])
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["study", command, "--help"])
    assert stop.value.code == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "trial" in said and len(said) > 200
