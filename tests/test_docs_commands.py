"""The commands that README and docs print: each is one that the program of today understands."""

import functools
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from memnets.cli import commands
from memnets.cli.main import main

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`(memnets [^`]*--[^`]*)`")
PLACEHOLDER = re.compile(r"\b(NAME|FOLDER|STUDY)\b|…")


def printed(start: str) -> list[str]:
    """Every printed command that begins so, in blocks of code and between backticks.

    Lines with a placeholder, such as NAME, are no commands.
    """
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in FENCE.findall(text):
            found += block.replace("\\\n", " ").splitlines()
        found += [" ".join(command.split()) for command in INLINE.findall(FENCE.sub("", text))]
    return sorted(
        {line for line in found if line.startswith(start) and not PLACEHOLDER.search(line)}
    )


@pytest.fixture
def parsed_only(monkeypatch):
    """Has every command parse its arguments, and do nothing."""
    groups = [commands.COMMANDS, *commands.GROUPS.values()]
    for group in groups:
        for name, command in group.items():
            if isinstance(command, type):
                monkeypatch.setattr(command, "__call__", lambda self: 0)
            else:
                monkeypatch.setitem(group, name, functools.wraps(command)(lambda *_, **__: 0))


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """The file of one's own that pages name: mine.py, with a study."""
    text = 'from studies import studies\nstudy = studies.get("demo")\n'
    (tmp_path / "mine.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    sys.modules.pop("mine", None)


@pytest.mark.parametrize("line", printed("memnets "))
def test_a_printed_command_is_understood(line, parsed_only, mine):
    assert main(shlex.split(line, comments=True)[1:]) == 0


@pytest.mark.parametrize("line", printed("python docs/"))
def test_a_printed_script_runs(line):
    script = shlex.split(line)[1]
    command = [sys.executable, str(ROOT / script), "--help"]
    assert "usage" in subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_commands_are_found():
    assert len(printed("memnets ")) > 15 and len(printed("python docs/")) == 2
