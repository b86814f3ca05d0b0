"""docs/models.md: what it names exists, nothing is missing from it, and its code runs."""

import importlib
import inspect
import re
from functools import cache
from pathlib import Path

import pytest

import memnets.equations
from memnets.registry import cells, controllers, estimators, regularisers

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
TABLE = TEXT.partition("## The table")[2].partition("\n## ")[0]
ROWS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in TABLE.splitlines()]
ROWS = [row for row in ROWS if len(row) == 5][2:]


def quoted(text):
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def found(name):
    """The object of `module.….attribute` inside memnets."""
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(f"memnets.{module}"), attribute)


FUNCTIONS = sorted({name for row in ROWS for name in quoted(row[2])})
EQUATIONS = [name for name in FUNCTIONS if not name.startswith("cells.")]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_in_the_table_exists_and_says_what_it_is(name):
    assert inspect.getdoc(found(name))


def test_every_row_names_a_function_and_a_test_file_that_exist():
    assert len(ROWS) > 40
    for row in ROWS:
        assert len(quoted(row[2])) == 1, row
        tests = [name for name in quoted(row[4]) if name.endswith(".py")]
        assert tests, row
        assert all((ROOT / "tests" / "memnets" / name).is_file() for name in tests), row


def test_every_public_equation_is_in_the_table():
    for _, module in inspect.getmembers(memnets.equations, inspect.ismodule):
        home = module.__name__.removeprefix("memnets.")
        for name, thing in inspect.getmembers(module, inspect.isfunction):
            if thing.__module__ == module.__name__ and not name.startswith("_"):
                assert f"{home}.{name}" in FUNCTIONS


@pytest.mark.parametrize("name", list(cells))
def test_every_registered_cell_has_its_row_and_its_options_are_real(name):
    rows = [row for row in ROWS if row[0] == f"**`{name}`**"]
    assert len(rows) == 1
    make = cells.get(name)
    assert found(quoted(rows[0][2])[0]) is make
    options = inspect.signature(make).parameters
    assert [option for option in quoted(rows[0][3]) if option not in {*options, *cells}] == []


@pytest.mark.parametrize("registry", [estimators, controllers, regularisers])
def test_every_registered_name_appears(registry):
    assert set(registry) <= set(quoted(TEXT))


@cache
def ran():
    """What the page's code prints, run from top to bottom in one namespace."""
    names, lines = {}, []
    names["print"] = lambda *words: lines.append(" ".join(words))
    for block in BLOCKS:
        exec(compile(block, "docs/models.md", "exec"), names)
    return tuple(lines)


def test_the_code_runs_and_its_numbers_are_those_of_the_table_of_counts():
    assert len(ran()) == 5
    for line in ran():
        assert f"\n{line}\n" in TEXT


@pytest.mark.parametrize("name", EQUATIONS)
def test_every_equation_is_used_in_an_example(name):
    assert f"{name}(" in "".join(BLOCKS)
