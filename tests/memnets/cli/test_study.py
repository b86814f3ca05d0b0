"""`memnets study run`: flags of the study's own procedure, and what is no study."""

import sys

import pytest

from memnets.cli.main import main
from memnets.cli.study import named
from memnets.registry import UnknownName

from .shell import QUICK, refusal


def test_the_flags_are_those_of_the_studys_own_procedure(capsys):
    for study, flag, other in (
        ("demo", "--procedure.solved-errors", "--procedure.warm-up-batch"),
        ("estimator_quality", "--procedure.warm-up-batch", "--procedure.solved-errors"),
    ):
        with pytest.raises(SystemExit):
            main(["study", "run", study, "--help"])
        said = capsys.readouterr().out
        assert flag in said and other not in said


@pytest.mark.parametrize("reference", ["json:loads", "json:JSONDecodeError", "math:pi"])
def test_what_makes_no_study_is_refused_in_one_line(reference, capsys):
    assert main(["study", "run", reference]) == 2
    err = capsys.readouterr().err
    assert reference in err and "a function without arguments" in err and err.count("\n") == 1
    with pytest.raises(UnknownName):
        named(reference)


def test_what_makes_something_else_is_refused_by_its_type():
    with pytest.raises(UnknownName, match="makes a str, not a Study"):
        named("platform:machine")


def test_procedures_are_listed_and_shown(capsys):
    assert main(["list", "procedures"]) == 0
    listed = capsys.readouterr().out
    assert "supervised" in listed and "gradients" in listed
    assert main(["show", "supervised"]) == 0
    shown = capsys.readouterr().out
    assert "updates: int" in shown and "default 1000" in shown


@pytest.mark.slow
def test_a_study_runs_and_its_state_and_report_are_shown(tmp_path, capsys):
    folder = ["--folder", str(tmp_path)]
    short = ["--procedure.test-lengths", "1", "2", "--procedure.solved-errors", "None"]
    run = ["study", "run", "demo", "--workers", "0", "--seeds", "20", *QUICK, *short, *folder]
    assert main(run) == 0
    assert main(["study", "status", "demo", *folder]) == 0
    assert "4 of 4 trials done" in capsys.readouterr().out
    assert main(["study", "list", *folder]) == 0
    assert "4 trials done" in capsys.readouterr().out
    assert main(["report", "demo", *folder]) == 0
    page = tmp_path / "demo" / "report" / "index.html"
    assert "discrete NTM, REINFORCE" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["study", "run", "demmo"], "'demo'"),
        (["study", "rum"], "it has run"),
        (["study", "run", "demo", "--workers", "-1"], "workers is -1"),
        (["study", "run", "demo", "--models", "ntm*"], "none of the models is 'ntm*'; they are no"),
        (["study", "run", "demo", "--seeds"], "at least one of its seeds"),
    ],
)
def test_bad_input_gets_one_line_that_says_what_would_do(
    arguments, said, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert said in refusal(capsys, arguments)
    assert not list(tmp_path.rglob("done.json"))


MINE = """
from memnets.spec import ModelSpec
from studies import Study, Supervised, TaskSpec

def study():
    small = Supervised(updates=2, batch_size=2, evaluate_every=2, test_sequences=2)
    tasks = {"copy": TaskSpec("copy", {"width": 2, "max_length": 2})}
    return Study("mine", "Does it run?", tasks, {"none": ModelSpec("none")}, small, seeds=(0,))

made = study()
other = 3
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    path = tmp_path / "mine_of_a_test.py"
    path.write_text(MINE)
    yield path
    sys.modules.pop("mine_of_a_test", None)


@pytest.mark.parametrize("name", ["study", "made"])
def test_a_study_of_a_file_runs(name, mine, tmp_path, capsys):
    folder = ["--folder", str(tmp_path / "runs"), "--workers", "0"]
    assert main(["study", "run", f"{mine}:{name}", *folder]) == 0
    assert "1 trials done" in capsys.readouterr().err
    assert main(["study", "status", "mine", "--folder", str(tmp_path / "runs")]) == 0


def test_what_is_no_study_of_a_file_is_refused_in_one_line(mine, tmp_path, capsys):
    (tmp_path / "broken_file_of_a_test.py").write_text("1 / 0")
    (tmp_path / "json.py").write_text("study = 1")
    for reference, said in (
        (f"{mine}:nothing", "has no 'nothing'. Name a study in it, as in"),
        (str(mine), "has no ''. Name a study in it"),
        (f"{mine}:other", "a function without arguments"),
        (f"{tmp_path}/none.py:study", "there is no file"),
        (f"{tmp_path}/broken_file_of_a_test.py:study", "ZeroDivisionError: division by zero"),
        (f"{tmp_path}/json.py:study", "another module is called 'json'"),
    ):
        assert said in refusal(capsys, ["study", "run", reference])
