"""Arrays put into others, in kernels: by our own copy alone."""

import ast
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba")

from memnets.backends import numba as kernels
from memnets.backends.numba.slices import copy, copy_first

KERNELS = {"kernel", "exact", "scalar", "part"}
FILES = sorted(Path(kernels.__path__[0]).rglob("*.py"))


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4)])
def test_a_copy_is_numpys_assignment(shape):
    source, to = np.random.default_rng(0).random(shape), np.zeros(shape)
    copy(source, to)
    assert np.array_equal(to, source)


def test_a_copy_into_a_part_leaves_the_rest():
    source, to = np.ones((2, 3)), np.zeros((4, 3))
    copy(source, to[1:3])
    assert to.sum(1).tolist() == [0, 3, 3, 0]


def test_the_first_slots_are_those_that_both_have():
    source, to = np.ones((2, 1, 3)), np.zeros((2, 1, 5))
    copy_first(source, to)
    assert to[:, 0].tolist() == [[1, 1, 1, 0, 0]] * 2
    few = np.zeros((2, 1, 2))
    copy_first(source, few)
    assert few.all()


def test_no_kernel_leaves_arrays_and_sorting_to_numba():
    """Numba compiles a message on shapes that differ, and sorts of any length: seconds each."""
    assert len(FILES) > 50
    found = [place for file in FILES for place in slow_to_compile(file.read_text("utf-8"), file)]
    assert found == []


@pytest.mark.parametrize(
    "line", ["a[0, :2] = b", "a[:], c = b, b", "a[:2] += b", "b = np.sort(a)", "if c: a[:] = b"]
)
def test_what_is_slow_to_compile_is_found(line):
    source = (
        f"@kernel\ndef f(a, b, c):\n    a[0] = b[0]\n    {line}\n\ndef g(a, b):\n    a[:] = b\n"
    )
    assert slow_to_compile(source, "a.py") == ["a.py:4"]


def slow_to_compile(source, file):
    return [
        f"{file}:{node.lineno}"
        for function in ast.walk(ast.parse(source))
        if isinstance(function, ast.FunctionDef)
        and {name.id for name in function.decorator_list if isinstance(name, ast.Name)} & KERNELS
        for node in ast.walk(function)
        if is_slow_to_compile(node)
    ]


def is_slow_to_compile(node):
    match node:
        case ast.Attribute(value=ast.Name(id="np"), attr="sort" | "argsort"):
            return True
        case ast.Subscript(ctx=ast.Store(), slice=place):
            return any(isinstance(part, ast.Slice) for part in ast.walk(place))
    return False
