"""Arrays put into others, in kernels: by our own copy alone."""

import ast
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba")

from memnets.backends import numba as kernels
from memnets.backends.numba.slices import copy

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


def test_no_kernel_assigns_an_array_to_a_slice():
    """Numba compiles the message on shapes that differ for it, which takes seconds."""
    assert len(FILES) > 50
    found = [place for file in FILES for place in assigned_slices(file.read_text("utf-8"), file)]
    assert found == []


def test_an_assigned_slice_is_found():
    source = (
        "@kernel\ndef f(a, b):\n    a[0] = b[0]\n    a[0, :2] = b\n\ndef g(a, b):\n    a[:] = b\n"
    )
    assert assigned_slices(source, "a.py") == ["a.py:4"]


def assigned_slices(source, file):
    return [
        f"{file}:{node.lineno}"
        for function in ast.walk(ast.parse(source))
        if isinstance(function, ast.FunctionDef)
        and {name.id for name in function.decorator_list if isinstance(name, ast.Name)}
        & {"kernel", "exact", "part"}
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Subscript)
        and any(isinstance(part, ast.Slice) for part in ast.walk(target.slice))
    ]
