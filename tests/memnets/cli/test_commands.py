"""How a command is found and called: help, what cannot be parsed, and unknown commands."""

import subprocess
import sys

import pytest

from memnets.cli.main import main

from .shell import refusal


def test_list_and_help_leave_torch_alone():
    code = (
        "import sys, contextlib\nfrom memnets.cli.main import main\nmain(['list'])\n"
        "with contextlib.suppress(SystemExit): main(['--help'])\n"
        "assert 'torch' not in sys.modules and 'seaborn' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize(
    "command",
    [["train"], ["list"], ["show"], ["report"], ["study"], ["study", "run"], ["bench", "envs"]],
)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([*command, "--help"])
    assert stop.value.code == 0
    assert len(capsys.readouterr().out.splitlines()) > 5


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["study", "run", "demo", "--wrokers", "2"], "--workers"),
        (["train", "--procedure.updates", "0"], "at least 1"),
        (["train", "--procedure.optimiser", "adm"], "'adam'"),
        (
            ["train", "--procedure.backend", "fast"],
            "there are auto, chunked, compiled, fused, numba, reference",
        ),
        (["train", "--seed", "one"], "--help"),
        (["study", "run"], "study"),
    ],
)
def test_what_cannot_be_parsed_is_one_line_and_status_2(arguments, said, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    err = capsys.readouterr().err
    assert err.startswith("memnets: ") and err.count("\n") == 1
    assert said in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["frobnicate"], "it has list"),
    ],
)
def test_bad_input_gets_one_line_that_says_what_would_do(
    arguments, said, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert said in refusal(capsys, arguments)
    assert not list(tmp_path.rglob("done.json"))
