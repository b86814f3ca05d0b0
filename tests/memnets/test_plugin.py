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


BACKEND = """
import sys
import torch
from memnets import ModelSpec
from memnets.backends import backends, choose

assert "halves" in backends, list(backends)
assert "memnets_ring.backend" not in sys.modules
network, inputs_TBX = ModelSpec("sdnc", controller_size=6).build(3, 2), torch.randn(5, 2, 3)
expected = network.unroll(inputs_TBX, network.initial_state(2))
assert choose(network, "auto", inputs_TBX).backend == "halves"
short = choose(network, "auto", inputs_TBX[:1])
assert short.backend == "reference"
assert short.refusals["halves"] == "a sequence of one step has no halves", short
assert list(short.refusals)[:2] == ["halves", "numba"], short
for name in ("auto", "halves"):
    network.backend = name
    found = network(inputs_TBX)
    torch.testing.assert_close(found.logits_TBY, expected.logits_TBY)
    torch.testing.assert_close(found.address.weights_BHK, expected.address.weights_BHK)
    torch.testing.assert_close(found.state.cell, expected.state.cell)
print(backends.name_of(type(backends.get("halves")())), backends.name_of(int))
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


def _output(script: Path, source: str, installed: Path) -> str:
    """What a script prints in a process of its own that has the plug-in."""
    script.write_text(source)
    path = os.pathsep.join([str(installed), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_an_installed_cell_keeps_the_contract_and_is_found_by_a_spawned_worker(installed, tmp_path):
    told = _output(tmp_path / "use.py", USE, installed)
    assert told.startswith("found (('write', 'read'), ")


def test_an_installed_backend_is_listed_asked_by_auto_and_chosen_by_name(installed, tmp_path):
    assert _output(tmp_path / "use.py", BACKEND, installed) == "halves None\n"


def test_a_plugin_is_one_file_of_some_35_lines_of_code():
    source = (PLUGIN / "memnets_ring" / "__init__.py").read_text()
    assert len([line for line in source.splitlines() if line.strip()]) <= 45
