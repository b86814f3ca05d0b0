"""Every letter of a shape suffix is in the legend of memnets/types.py."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import memnets.types

ROOT = Path(__file__).parents[2]
SUFFIX = re.compile(r"[a-z][a-z0-9_]*?_([A-Z0-9]+)")
LEGEND = re.findall(r"(?:^|\s{2,})([A-Z])  (?=\S)", memnets.types.__doc__)
SOURCES = [
    str(path.relative_to(ROOT))
    for package in ("memnets", "envs", "studies")
    for path in sorted((ROOT / package).rglob("*.py"))
]


def named(tree: ast.AST) -> Iterator[str]:
    """Every name of a variable, a field or an argument."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name


def letters(source: str) -> set[str]:
    found = (SUFFIX.fullmatch(name) for name in named(ast.parse(source)))
    return {letter for match in found if match for letter in match[1] if letter.isalpha()}


def test_each_letter_of_the_legend_is_explained_once():
    assert len(set(LEGEND)) == len(LEGEND) > 15


@pytest.mark.parametrize("file", SOURCES)
def test_every_letter_of_a_suffix_is_in_the_legend(file):
    assert letters((ROOT / file).read_text(encoding="utf-8")) <= set(LEGEND)


def test_a_letter_of_no_legend_is_found():
    assert letters("def f(self, rows_BO): self.start_L2C = LARGEST_X") == {"B", "O", "L", "C"}


def test_every_letter_of_the_legend_is_used():
    used = (letters((ROOT / file).read_text(encoding="utf-8")) for file in SOURCES)
    assert set(LEGEND) <= set().union(*used)
