"""`make gpu`, with the Python that runs the tests."""

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import which

import pytest
import torch

ROOT = Path(__file__).parents[1]
TINY = "--batches 1 --repeats 1 --length 2 --slots 5 --width 3 --controller-size 8"

pytestmark = pytest.mark.skipif(which("make") is None, reason="no make on this machine")


def make(folder: Path, *settings: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "gpu", f"BIN={Path(sys.executable).parent}", f"GPU_FOLDER={folder}"]
    # as from a shell: the variables of an outer make would change what this one prints
    outer = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")
    alone = {name: value for name, value in os.environ.items() if name not in outer}
    return subprocess.run(
        [*command, *settings], cwd=ROOT, env=alone, capture_output=True, text=True
    )


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_without_a_gpu_it_stops_with_one_line_and_leaves_nothing(tmp_path):
    done = make(tmp_path / "gpu")
    assert done.returncode != 0 and done.stdout == ""
    said = [line for line in done.stderr.splitlines() if not line.startswith("make:")]
    assert len(said) == 1 and "there is no GPU here to measure" in said[0]
    assert not (tmp_path / "gpu").exists()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_whole_of_it_runs_on_the_processor_and_collects_what_it_measured(tmp_path):
    # the reference, which waits for no compiler
    study = "--seeds 0 --procedure.updates 4 --procedure.evaluate-every 4"
    study += " --procedure.backend reference"
    train = "GPU_TRAIN=--estimators soft --cells ntm --backends reference"
    tests = "GPU_TESTS=tests/memnets/backends/test_gpu.py"
    settings = ("GPU_DEVICE=cpu", f"GPU_BENCH={TINY}", f"GPU_STUDY={study}", train, tests)
    done = make(tmp_path, *settings)
    assert done.returncode == 0, done.stderr
    results = tmp_path / "results"
    assert json.loads((results / "device.json").read_text())["device"] == "cpu"
    for name in ("gpu", "train"):
        files = {"table.md", "results.csv", "machine.json", f"{name}.svg", f"{name}.png"}
        assert {path.name for path in (results / name).iterdir()} == files
    assert list((results / "study" / "figures").glob("*.svg"))
    assert list((results / "study" / "tables").glob("*.md"))
    assert (results / "study" / "results.csv").stat().st_size
