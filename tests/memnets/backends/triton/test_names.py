import inspect
from pathlib import Path

import pytest

import memnets.backends.triton
import memnets.equations

from .naming import kernels, references, without_reference

HOME = Path(memnets.backends.triton.__file__).parent
NO_EQUATION = "persistent.py"
"""What all persistent kernels do alike."""
FILES = [path for path in sorted(HOME.glob("*.py")) if list(kernels(path, "triton.jit"))]


def test_there_are_kernels_for_the_equations_of_the_ntm_and_the_dnc():
    assert {"content", "location", "memory", "usage", "links"} <= {path.stem for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_kernel_bears_the_name_of_its_reference(path):
    if path.name != NO_EQUATION:
        assert references(path.stem) and without_reference(path, "triton.jit") == []


def test_no_equation_stands_in_a_file_of_another_name():
    """So the test above cannot be passed by moving a kernel into a helper file."""
    modules = [module for module in vars(memnets.equations).values() if inspect.ismodule(module)]
    functions = (inspect.getmembers(module, inspect.isfunction) for module in modules)
    of_equations = {name for found in functions for name, _ in found}
    assert {"content", "allocation", "erase_and_add"} <= of_equations
    for path in (HOME / NO_EQUATION, *(HOME / "cells").glob("*.py")):
        assert not set(kernels(path, "triton.jit")) & of_equations, path.name


def test_a_kernel_without_a_reference_is_found(tmp_path):
    path = tmp_path / "memory.py"
    path.write_text(
        "@triton.jit\ndef erase_and_add_vjp_of_head(x):\n    pass\n\n\n"
        "@triton.jit\ndef spared(x):\n    pass\n\n\n"
        "@triton.jit\ndef _pens(x):\n    pass\n"
    )
    assert without_reference(path, "triton.jit") == ["spared"]
