"""The command as a process: any terminal, any folder, the version, one line for errors."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import memnets
from memnets.cli.main import main
from memnets.registry import cells, regularisers

ROOT = Path(memnets.__file__).parents[1]


def command(*arguments: str, **changed: str) -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | changed
    asked = [sys.executable, "-m", "memnets", *arguments]
    return subprocess.run(asked, env=environment, capture_output=True, check=False)


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_what_the_terminal_cannot_print_is_escaped(encoding):
    assert "λ" in regularisers.summary("read_write_consistency")
    done = command("list", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode(encoding)
    assert "\\u03bb" in text
    assert all(name in text for name in cells)


def test_an_error_that_the_terminal_cannot_print_is_one_line():
    done = command("show", "Ωmega", PYTHONIOENCODING="ascii")
    assert done.returncode == 2
    assert done.stderr.decode("ascii").startswith("memnets: nothing is registered as '\\u03a9mega'")


@pytest.mark.parametrize("code", ["import studies", "import reports"])
def test_a_package_of_the_users_with_our_name_is_named(code, tmp_path, monkeypatch):
    (tmp_path / "envs").mkdir()
    (tmp_path / "envs" / "__init__.py").write_text("")
    # as beside a script, or where `python -m memnets` is called
    monkeypatch.chdir(tmp_path)
    done = command("list")
    assert done.returncode == 2
    text = done.stderr.decode()
    assert str(tmp_path / "envs") in text and text.count("\n") == 1
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert str(tmp_path / "envs") in done.stderr.decode().splitlines()[-1]


@pytest.mark.parametrize("arguments", [["--version"], ["version"]])
def test_the_version_is_printed(arguments, capsys):
    assert main(arguments) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.split()[0] == "memnets"
    assert second.startswith("torch ") and "python 3." in second


def test_a_module_with_a_syntax_error_is_one_line(tmp_path, monkeypatch, capsys):
    (tmp_path / "crooked_module.py").write_text("def f(:\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert main(["train", "--cell", "crooked_module:X"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("memnets: 'crooked_module:X' does not import (SyntaxError: ")
    assert err.count("\n") == 1


def test_an_interrupt_is_one_line(monkeypatch, capsys):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("memnets.cli.commands.dispatch", interrupted)
    assert main(["list"]) == 130
    assert capsys.readouterr().err == "memnets: interrupted; run the same command again.\n"
