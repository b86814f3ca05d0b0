"""Every letter of a shape suffix is in the legend of memnets/types.py, where it has one meaning."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import memnets.types

ROOT = Path(__file__).parents[2]
BACKENDS = "memnets/backends/"
SUFFIX = re.compile(r"[a-z][a-z0-9_]*?_([A-Z0-9]+)")
ENTRY = re.compile(r"^    ([A-Z])  (\S.*)$", re.MULTILINE)
EVERYWHERE, IN_BACKENDS = (
    ENTRY.findall(part) for part in memnets.types.__doc__.split("In memnets.backends alone:")
)
SOURCES = [
    path.relative_to(ROOT).as_posix()
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


def known(file: str) -> set[str]:
    """The letters that a file may use."""
    return dict(EVERYWHERE + IN_BACKENDS if file.startswith(BACKENDS) else EVERYWHERE).keys()


def test_each_letter_has_one_line_in_the_legend_and_one_meaning_there():
    assert len(EVERYWHERE) > 15 and len(IN_BACKENDS) > 2
    entries = EVERYWHERE + IN_BACKENDS
    assert len(dict(entries)) == len(entries)
    meanings = [meaning for _, meaning in entries]
    assert len(set(meanings)) == len(meanings) and not any(";" in each for each in meanings)


def test_every_letter_of_a_suffix_is_in_the_legend():
    assert len(SOURCES) > 400
    said = {file: letters((ROOT / file).read_text(encoding="utf-8")) for file in SOURCES}
    assert {file: found - known(file) for file, found in said.items() if found - known(file)} == {}


def test_a_letter_of_no_legend_is_found():
    assert letters("def f(self, rows_BO): self.start_L2C = LARGEST_X") == {"B", "O", "L", "C"}


def test_every_letter_of_the_legend_is_used():
    used = {file: letters((ROOT / file).read_text(encoding="utf-8")) for file in SOURCES}
    assert dict(EVERYWHERE).keys() <= set().union(*used.values())
    inside = (found for file, found in used.items() if file.startswith(BACKENDS))
    assert dict(IN_BACKENDS).keys() <= set().union(*inside)
