"""`memnets study run`: flags of the study's own procedure, and what is no study."""

import pytest

from memnets.cli.main import main
from memnets.cli.study import named
from memnets.registry import UnknownName


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
