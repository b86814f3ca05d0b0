"""What stays unimported until it is needed, and what the package offers by name."""

import ast
import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

import memnets


@pytest.mark.parametrize("module", ["memnets", "memnets.registry", "memnets.spec"])
def test_importing_it_leaves_torch_alone(module):
    check = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check]).returncode == 0


def test_every_public_name_is_there_on_first_use_and_is_listed():
    names = [*memnets._HOMES, *memnets._PARTS]
    assert all(getattr(memnets, name) is not None for name in names)
    assert {*names, "__version__"} <= set(dir(memnets))
    assert memnets.Address is memnets.types.Address


def test_what_type_checkers_see_is_what_there_is():
    tree = ast.parse(Path(memnets.__file__).read_text(encoding="utf-8"))
    imported = {
        name.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
        for name in node.names
    }
    assert imported == {*memnets._HOMES, *memnets._PARTS}


def test_the_version_is_that_of_the_distribution():
    assert memnets.__version__ == importlib.metadata.version("memnets")


FIRST = ["", "import memnets.cells.ntm", "from memnets.registry import cells", "mn.ModelSpec"]
PARTS = ["cells", "estimators", "controllers", "regularisers", "backends"]
REGISTERED = """
import sys
import memnets as mn
{first}
@mn.{part}.register("mine")
class Mine: ...
import memnets.{part}
from memnets import {part}
assert mn.{part} is {part} is sys.modules["memnets.{part}"]
assert {part}.{part}.get("mine") is Mine
"""
IN_COPIES = """
import os, sys, traceback
import torch
assert not any(name.partition(".")[0] == "memnets" for name in sys.modules)
for check in sys.argv[1:]:
    if not os.fork():
        try:
            exec(check, {})
        except BaseException:
            print(check, flush=True)
            traceback.print_exc()
        os._exit(0)
    os.wait()
"""
"""Runs each check in a copy of a process that has imported torch, which takes seconds, and nothing
of ours."""


def test_a_kind_registers_under_its_name_whatever_was_imported_first():
    checks = [REGISTERED.format(first=first, part=part) for first in FIRST for part in PARTS]
    command = [sys.executable, "-W", "ignore", "-c", IN_COPIES, *checks, "1 / 0"]
    found = subprocess.run(command, capture_output=True, text=True)
    # of all checks the last alone fails
    assert (found.returncode, found.stdout) == (0, "1 / 0\n"), found.stdout + found.stderr
    assert "ZeroDivisionError" in found.stderr


def test_a_name_that_is_not_public_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'memnets' has no attribute 'Memory'"):
        memnets.Memory  # noqa: B018
