"""A real external package, installed by pip, found by name: here, and in a spawned worker."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "tests" / "plugin"

USE = """
import multiprocessing
import sys


def parameters(name):
    from memnets.spec import ModelSpec

    network = ModelSpec(name, "reinforce", controller_size=6).build(3, 2)
    return network.cell.heads, sum(p.numel() for p in network.parameters())


if __name__ == "__main__":
    from memnets.registry import cells

    assert "ring" in list(cells), list(cells)
    assert cells.summary("ring") == "plug-in memnets_ring:Ring from distribution memnets-ring"
    assert "memnets_ring" not in sys.modules
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.apply(parameters, ("ring",))
    assert found == parameters("ring"), found
    from memnets.testing import check_cell

    check_cell("ring")
    print("found", found)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder that holds the plug-in as pip installs it; the environment stays as it is."""
    folder = tmp_path_factory.mktemp("site")
    source = tmp_path_factory.mktemp("source") / "plugin"
    _copy(PLUGIN, source)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(folder)]
    done = subprocess.run([*pip, *options, str(source)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def _copy(source: Path, target: Path) -> None:
    for path in source.rglob("*"):
        if path.is_file() and path.suffix in (".py", ".toml"):
            copied = target / path.relative_to(source)
            copied.parent.mkdir(parents=True, exist_ok=True)
            copied.write_text(path.read_text())


def test_an_installed_cell_keeps_the_contract_and_is_found_by_a_spawned_worker(installed, tmp_path):
    script = tmp_path / "use.py"
    script.write_text(USE)
    path = os.pathsep.join([str(installed), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("found (('write', 'read'), ")


def test_a_plugin_is_one_file_of_some_35_lines_of_code():
    source = (PLUGIN / "memnets_ring" / "__init__.py").read_text()
    assert len([line for line in source.splitlines() if line.strip()]) <= 45
