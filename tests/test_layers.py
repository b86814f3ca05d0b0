"""The measure of the layers finds what is planted, and lets through what is allowed."""

from pathlib import Path

import pytest

from .asking import branches, type_tests
from .import_graph import circles, import_graph
from .layers import climbs, violations

A, B, C = "memnets/cells/a.py", "memnets/cells/b.py", "memnets/cells/__init__.py"


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


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("studies/procedures/gradients.py", "type(estimator).loss is Estimator.loss"),
        ("studies/procedures/gradients.py", "same = type(self.estimator) is kind"),
        ("reports/results.py", "1 / getattr(answer, 'vocabulary', 2)"),
        ("reports/results.py", "isinstance(task.answer, Symbols)"),
        ("memnets/equations/memory.py", "isinstance(memory_BNW, PersistentMemory)"),
        ("memnets/equations/memory.py", "isinstance(memory_BNW, Tensor)"),
        ("memnets/cells/sam.py", "isinstance(state.usage_BN, LeastRecentlyUsed)"),
        ("memnets/checks/cell.py", "isinstance(state, PersistentMemory | LeastRecentlyUsed)"),
        ("memnets/backends/compiled.py", "getattr(estimator, 'active', None)"),
        ("memnets/backends/numba/parts.py", "hasattr(network.controller, 'layers')"),
        ("memnets/backends/auto.py", "isinstance(part, Annealed)"),
    ],
)
def test_a_planted_test_of_a_type_is_found(file, source):
    assert type_tests(file, source)


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("memnets/backends/auto.py", "f'{type(network.estimator).__name__} has no kernel'"),
        ("memnets/backends/numba/coverage.py", "kinds.get(type(estimator))"),
        ("memnets/storage/contents.py", "isinstance(memory, Tensor)"),
        ("memnets/estimators/annealed.py", "isinstance(estimator, Reinforce)"),
        ("studies/running/worker_checks.py", "isinstance(answer, BaseException)"),
        ("reports/results.py", "isinstance(trial, Mapping)"),
    ],
)
def test_what_is_no_test_of_such_a_type_is_let_through(file, source):
    assert type_tests(file, source) == []


@pytest.mark.parametrize(
    ("files", "members"),
    [
        ({A: "from .b import x", B: "from . import a"}, ["a", "b"]),
        ({A: "def f():\n    from .b import x", B: "import memnets.cells.a"}, ["a", "b"]),
        ({A: "from . import x", C: "from .a import x as x"}, ["", "a"]),
        ({A: "import_module('.b', __package__)", B: "from ..cells.a import x"}, ["a", "b"]),
        ({A: "from .b import x", B: "if TYPE_CHECKING:\n    from .a import y"}, []),
        ({A: "from .b import x", C: "from .a import x", B: ""}, []),
    ],
)
def test_a_planted_circle_is_found(files, members):
    names = [".".join(["memnets.cells", *([name] if name else [])]) for name in members]
    assert circles(import_graph(files)) == ([names] if names else [])


def test_a_planted_climb_is_found():
    upper, lower = "memnets/network.py", "memnets/estimators/soft.py"
    assert climbs(import_graph({upper: "", lower: "from ..network import MemoryNetwork"}))
    assert not climbs(import_graph({upper: "from .estimators.soft import Soft", lower: ""}))
    for backend in ("memnets/backends/auto.py", "memnets/backends/base.py"):
        name = Path(backend).stem
        source = {upper: f"from .backends.{name} import x", backend: ""}
        assert climbs(import_graph(source)) == [f"memnets.network imports memnets.backends.{name}"]
