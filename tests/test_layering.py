"""Imports go one way, and the axis never branches: both read off the source, as a tree."""

import pytest

from .asking import branches, type_tests
from .import_graph import circles, import_graph, sources_of
from .layers import PACKAGES, ROOT, climbs, sources, violations


def faults(of):
    """By the file: what a check says of it, where it says something."""
    said = {file: of(file, (ROOT / file).read_text(encoding="utf-8")) for file in sources()}
    assert len(said) > 500
    return {file: found for file, found in said.items() if found}


def test_imports_go_one_way():
    assert faults(violations) == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_package_imports_in_circles(package):
    assert circles(import_graph(sources_of(ROOT, package))) == []


def test_memnets_is_built_floor_upon_floor():
    assert climbs(import_graph(sources_of(ROOT, "memnets"))) == []


def test_the_axis_never_branches():
    assert faults(branches) == {}


def test_nobody_asks_for_the_type_of_what_answers_for_itself():
    assert faults(type_tests) == {}
