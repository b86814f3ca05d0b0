"""Kernels bear the names of the equations that they compute."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import pytest

pytest.importorskip("numba")

from numba.core.registry import CPUDispatcher

import memnets.controllers
from memnets import equations
from memnets.backends import numba as kernels
from memnets.backends.numba import choices as choice_kernels
from memnets.estimators import choices
from memnets.registry import estimators

EQUATIONS = {module.name for module in iter_modules(equations.__path__)}


def modules_of(package: ModuleType) -> dict[str, ModuleType]:
    names = [module.name for module in iter_modules(package.__path__) if not module.ispkg]
    return {name: import_module(f"{package.__name__}.{name}") for name in names}


def public_kernels(module: ModuleType) -> set[str]:
    """The names of a file's own kernels; that of a gradient is that of its function."""
    own = {
        name
        for name, value in vars(module).items()
        if isinstance(value, CPUDispatcher) and value.__module__ == module.__name__
    }
    return {name.removesuffix("_vjp") for name in own if not name.startswith("_")}


def files_with_reference() -> dict[str, ModuleType]:
    """Files of kernels whose name, less the gradient's suffix, is that of a file of equations."""
    found = modules_of(kernels)
    return {name: found[name] for name in found if name.removesuffix("_vjp") in EQUATIONS}


@pytest.mark.parametrize("name", files_with_reference())
def test_every_kernel_has_a_reference_of_its_name(name):
    reference = import_module(f"memnets.equations.{name.removesuffix('_vjp')}")
    here = public_kernels(files_with_reference()[name])
    assert here and here <= set(vars(reference))


def test_no_equation_of_a_kernel_stands_in_a_file_of_another_name():
    """So the test above cannot be passed by moving a kernel into a helper file."""
    of_equations = {
        name
        for equation in EQUATIONS
        for name, value in vars(import_module(f"memnets.equations.{equation}")).items()
        if callable(value) and not name.startswith("_")
    }
    for name, module in modules_of(kernels).items():
        if name not in files_with_reference():
            assert not public_kernels(module) & of_equations, name


def test_the_kernels_of_controllers_are_named_after_them():
    reference = {name.lower() for name in vars(memnets.controllers)}
    here = public_kernels(modules_of(kernels)["controllers"])
    assert here and here <= reference


def test_a_choice_has_the_name_of_its_estimator_or_of_its_function():
    reference = set(estimators) | set(vars(choices))
    for name, module in modules_of(choice_kernels).items():
        if name not in ("base", "dispatch"):
            assert name in reference
            assert name in public_kernels(module) <= reference


def test_a_file_of_gradients_stands_beside_the_file_of_its_functions():
    folder = Path(kernels.__path__[0])
    for path in folder.glob("*_vjp.py"):
        forwards = path.stem.removesuffix("_vjp").removesuffix("_step")
        assert (folder / f"{forwards}.py").exists()
