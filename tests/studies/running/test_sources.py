"""The sources of a part: of a plug-in, also what it imports of its own package."""

import importlib
import sys

import pytest

from memnets.cells.ntm import NTM
from studies.running.sources import source_of

FILES = {
    "__init__.py": "from .named import it\n\n\nclass Whole:\n    pass\n",
    "cell.py": "from .equations import f\nfrom .deep import inner\n\n\nclass Cell:\n    pass\n",
    "equations.py": "def f():\n    import sourced.late\n",
    "late.py": "from .named import it\nfrom ... import beyond\n\nraise ImportError('not now')\n",
    "named.py": "it = 1\n",
    "other.py": "nobody = 'imports this'\n",
    "deep/__init__.py": "from .leaf import inner\n",
    "deep/leaf.py": "from ..equations import f\n\ninner = f\n",
}
USED = [name for name in FILES if name not in ("__init__.py", "other.py")]


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "sourced"
    (folder / "deep").mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "sourced"]:
        del sys.modules[name]


def cell():
    return importlib.import_module("sourced.cell").Cell


def test_every_module_that_a_plugin_imports_of_its_package_is_part_of_it(package):
    before = source_of(cell())
    assert before is not None and before.startswith(FILES["cell.py"].encode())
    for name in USED:
        file = package / name
        file.write_text(FILES[name] + "# changed\n")
        assert source_of(cell()) != before, name
        file.write_text(FILES[name])
    (package / "other.py").write_text("nobody = 'imports this either'\n")
    assert source_of(cell()) == before


def test_a_class_in_the_packages_own_file_has_its_imports_too(package):
    whole = importlib.import_module("sourced").Whole
    assert source_of(whole) == (FILES["__init__.py"] + FILES["named.py"]).encode()


def test_what_cannot_be_parsed_is_taken_as_it_is(package):
    cell()
    (package / "late.py").write_text("it is no Python\n")
    assert b"it is no Python" in source_of(cell())


def test_a_part_of_ours_is_its_own_file():
    assert source_of(NTM).startswith(b'"""') and source_of(NTM).count(b"\nclass NTM(") == 1
    assert source_of(len) is None
