"""The wheel holds the four packages, their typing marker and templates, and nothing else."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("memnets", "envs", "studies", "reports")
GENERATED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """A wheel built from a copy, so that nothing is left in the project."""
    project = tmp_path_factory.mktemp("project")
    for package in (*PACKAGES, "tests"):
        shutil.copytree(ROOT / package, project / package, ignore=GENERATED)
    for file in ("pyproject.toml", "LICENSE", "README.md"):
        # the build asks for a README, whatever it says
        text = (ROOT / file).read_text() if (ROOT / file).exists() else "memnets"
        (project / file).write_text(text)
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist"]
    done = subprocess.run(build, cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (built,) = (project / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel) -> set[str]:
    """The files of the wheel."""
    with zipfile.ZipFile(wheel) as opened:
        return set(opened.namelist())


def test_the_wheel_holds_exactly_the_four_packages(names):
    tops = {name.partition("/")[0] for name in names}
    (info,) = (top for top in tops if top.endswith(".dist-info"))
    assert tops - {info} == set(PACKAGES)
    assert f"{info}/entry_points.txt" in names


def test_the_wheel_holds_every_file_of_the_packages(names):
    kept = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }
    assert {name for name in names if ".dist-info/" not in name} == kept


def test_the_wheel_is_typed_and_holds_the_reports_templates(names):
    assert "memnets/py.typed" in names
    templates = [p for p in (ROOT / "reports" / "templates").rglob("*") if p.is_file()]
    assert templates
    assert {str(path.relative_to(ROOT)) for path in templates} <= names


def test_the_wheel_installs_and_its_command_answers(wheel, tmp_path):
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", str(tmp_path / "site"), str(wheel)], check=True)
    # apart from the checkout: what is imported comes from the wheel
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    run = {"cwd": tmp_path, "env": environment, "capture_output": True, "text": True}
    where = "import memnets, studies; print(memnets.__file__, studies.__file__)"
    found = subprocess.run([sys.executable, "-c", where], check=True, **run).stdout.split()
    assert all(path.startswith(str(tmp_path / "site")) for path in found)
    said = subprocess.run([str(tmp_path / "site" / "bin" / "memnets"), "--help"], **run)
    assert said.returncode == 0 and "usage: memnets" in said.stdout
