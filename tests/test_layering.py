"""Imports go one way, and the axis never branches: both read off the source, as a tree."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("memnets", "envs", "studies", "reports")

# package -> what it may import of ours, and which libraries it may not
MAY = {
    "memnets": (),
    "envs": ("memnets.registry",),
    "studies": ("memnets", "envs"),
    "reports": ("studies", "envs", "memnets"),
}
MAY_NOT = {
    "memnets": ("pandas", "gymnasium", "seaborn", "matplotlib", "stable_baselines3", "distributed"),
    "envs": ("torch", "pandas"),
    "studies": (),
    "reports": ("torch",),
}
COMPOSITION_ROOT = ("memnets/cli/", "memnets/__main__.py")
INTEGRATION = "memnets/sb3/"
AXIS = ("memnets/estimators/", "memnets/checks/")
ESTIMATOR_WORDS = {"discrete", "hard", "differentiable", "stochastic"}


def sources() -> list[str]:
    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return sorted(str(path.relative_to(ROOT)) for path in paths)


def within(module: str, parents: tuple[str, ...]) -> bool:
    return any(module == parent or module.startswith(f"{parent}.") for parent in parents)


def imported(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (name.name for name in names)
        case ast.ImportFrom(module=str(module), names=names, level=0):
            yield from (f"{module}.{name.name}" for name in names)
        case ast.Call(
            func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
            args=[ast.Constant(value=str(module)), *_],
        ):
            yield module


def violations(file: str, source: str) -> list[str]:
    """What a file's imports break, one line each."""
    if file.startswith(COMPOSITION_ROOT):
        return []
    package = file.partition("/")[0]
    depth = file.count("/")
    broken = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.level > depth:
            broken.append(f"{file}:{node.lineno} leaves its package by a relative import")
        for module in imported(node):
            where = f"{file}:{node.lineno}"
            if within(module, (package,)):
                broken.append(f"{where} imports {module} absolutely inside its package")
            elif within(module, PACKAGES) and not within(module, MAY[package]):
                broken.append(f"{where} imports {module}")
            elif within(module, MAY_NOT[package]) and not file.startswith(INTEGRATION):
                broken.append(f"{where} imports {module}")
            if within(module, ("memnets.cli.main", "memnets.sb3")):
                broken.append(f"{where} imports {module}, which nothing may import")
    return broken


def branches(file: str, source: str) -> list[str]:
    """Where a file asks what kind of estimator it has."""
    if file.startswith(AXIS):
        return []
    broken = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.If | ast.IfExp | ast.While):
            asked = node.test
        elif isinstance(node, ast.Match):
            asked = node.subject
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "isinstance":
            asked = node
        else:
            continue
        for part in ast.walk(asked):
            word = getattr(part, "id", getattr(part, "attr", ""))
            kind = isinstance(asked, ast.Call) and word.lower() == "estimator"
            if word in ESTIMATOR_WORDS or kind:
                broken.append(f"{file}:{node.lineno} branches on {word}")
    return broken


@pytest.mark.parametrize("file", sources())
def test_imports_go_one_way(file):
    assert violations(file, (ROOT / file).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("file", sources())
def test_the_axis_never_branches(file):
    assert branches(file, (ROOT / file).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("memnets/equations/memory.py", "import envs"),
        ("memnets/equations/memory.py", "from studies.design.trial import Trial"),
        ("memnets/equations/memory.py", "import pandas as pd"),
        ("memnets/equations/memory.py", "def f():\n    import gymnasium.spaces"),
        ("memnets/equations/memory.py", "from memnets.types import Address"),
        ("memnets/equations/memory.py", "from ... import envs"),
        ("memnets/cells/ntm.py", "from ...envs import tasks"),
        ("memnets/cells/ntm.py", "from memnets.sb3 import policy"),
        ("envs/tasks/algorithmic/copy.py", "from memnets.spec import ModelSpec"),
        ("envs/tasks/algorithmic/copy.py", "from memnets import registry, spec"),
        ("envs/tasks/algorithmic/copy.py", "from studies import study"),
        ("envs/env.py", "import torch"),
        ("studies/procedures/supervised.py", "from reports import document"),
        ("studies/procedures/supervised.py", "import memnets.cli.main"),
        ("studies/procedures/supervised.py", "from studies.design.trial import Trial"),
        ("reports/frames.py", "import torch.nn"),
        ("reports/frames.py", "import importlib\nimportlib.import_module('torch')"),
    ],
)
def test_a_planted_import_is_found(file, source):
    assert violations(file, source)


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("memnets/__main__.py", "import reports, studies, envs, torch, pandas"),
        ("memnets/sb3/policy.py", "import gymnasium, stable_baselines3"),
        ("memnets/cells/ntm.py", "from ..equations import memory\nimport torch"),
        ("envs/tasks/base.py", "from memnets.registry import Registry"),
        ("envs/tasks/base.py", "from memnets import registry"),
        (
            "studies/procedures/supervised.py",
            "import torch\nfrom memnets import ModelSpec\nimport envs",
        ),
        ("reports/frames.py", "from studies.running.store import ResultStore\nimport pandas"),
    ],
)
def test_imports_along_the_arrows_are_let_through(file, source):
    assert violations(file, source) == []


@pytest.mark.parametrize(
    "source",
    [
        "if self.estimator.discrete:\n    pass",
        "x = 1 if hard else 2",
        "if not discrete and y:\n    pass",
        "isinstance(estimator, Reinforce)",
        "ok = isinstance(self.estimator, Soft)",
        "match estimator.discrete:\n    case True:\n        pass",
    ],
)
def test_a_planted_branch_on_the_axis_is_found(source):
    assert branches("memnets/cells/ntm.py", source)
    assert branches("memnets/estimators/soft.py", source) == []
