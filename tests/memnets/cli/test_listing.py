"""`memnets list` and `memnets show`: every registered name, its documentation and its options."""

import subprocess
import sys

import pytest

from envs.tasks import tasks
from memnets.cli.listing import REGISTRIES
from memnets.cli.main import main
from memnets.registry import cells
from reports.sections import sections

from .shell import refusal


@pytest.fixture
def homely():
    """A task of somebody who writes plain classes."""

    @tasks.register("homely")
    class Homely:
        """Anything."""

        def __init__(self, width, depth: int = 3, *, wide: bool = False, names: "str" = "a"):
            pass

    yield
    del tasks._registered["homely"]


def test_show_lists_every_option_of_a_task_and_types_as_words(homely, capsys):
    assert main(["show", "homely"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["width:", "any", "needed"] in lines
    assert ["depth:", "int", "default", "3"] in lines
    assert ["wide:", "bool", "default", "False"] in lines
    assert ["names:", "str", "default", "'a'"] in lines


def test_show_leaves_out_what_the_network_gives_to_a_cell(capsys):
    assert main(["show", "ntm"]) == 0
    out = capsys.readouterr().out
    assert "slots: int" in out and "input_size" not in out


def test_an_unknown_registry_is_answered_with_the_nearest(capsys):
    assert main(["list", "cell"]) == 2
    assert "Did you mean 'cells'" in capsys.readouterr().err


def test_views_and_sections_are_listed_without_the_drawing_libraries():
    code = (
        "import sys\nfrom memnets.cli.main import main\nmain(['list', 'views'])\n"
        "main(['list', 'sections'])\nassert not {'pandas', 'matplotlib'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "supervised" in done.stdout


def test_a_section_that_is_registered_here_is_listed_and_shown(capsys):
    @sections.register("supervised.calibration")
    def calibration(results):
        """How sure the answers are."""

    try:
        assert main(["list", "sections"]) == 0
        listed = capsys.readouterr().out.split()
        assert listed[1] == "supervised.calibration" and listed[2:5] == ["How", "sure", "the"]
        assert main(["show", "supervised.calibration"]) == 0
        assert "How sure the answers are." in capsys.readouterr().out
    finally:
        del sections._registered["supervised.calibration"]


@pytest.mark.parametrize("registry", REGISTRIES)
def test_everything_that_is_listed_can_be_shown(registry, capsys):
    assert main(["list", registry]) == 0
    title, *lines = capsys.readouterr().out.splitlines()
    assert title == registry and len(lines) - 1 == len(list(REGISTRIES[registry]))
    for name in REGISTRIES[registry]:
        assert main(["show", name]) == 0
        assert f"{name} ({registry})" in capsys.readouterr().out


def test_list_names_everything_with_a_line_each(capsys):
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for name in cells:
        assert any(line.split()[:1] == [name] and len(line.split()) > 3 for line in lines)


def test_show_gives_documentation_and_options(capsys):
    assert main(["show", "ntm"]) == 0
    assert "slots: int" in capsys.readouterr().out
    assert main(["show", "demo"]) == 0
    assert "8 trials" in capsys.readouterr().out


def test_show_says_which_backend_is_chosen_and_why(capsys):
    assert main(["show", "ntm", "--backend"]) == 0
    shown = capsys.readouterr().out
    assert "ntm/soft/lstm: numba\n" in shown
    assert "ntm/gumbel_rao/lstm: reference (the estimator" in shown
    assert main(["show", "demo", "--backend"]) == 0
    assert "soft NTM on copy: numba\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "ntm2"], "Did you mean 'ntm'"),
        (["show", "copy", "--backend"], "cells and studies have backends"),
    ],
)
def test_bad_input_gets_one_line_that_says_what_would_do(
    arguments, said, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert said in refusal(capsys, arguments)
    assert not list(tmp_path.rglob("done.json"))
