"""A study whose procedure, view and backend are a plug-in's: run everywhere, killed, reported."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from memnets.spec import ModelSpec
from studies import ResultStore, Study, Supervised, TaskSpec, run
from studies.running.rows_cache import CACHE

ROOT = Path(__file__).parents[1]
TIMES = re.compile(rb'"(started|finished|seconds|sequences_per_second)": ?("[^"]*"|[0-9.e+-]+)')

# a path that every process reads as one below its own working directory
ELSEWHERE = "/proc/self/cwd/runs"

SCRIPT = """
import sys
from memnets.spec import ModelSpec
from studies import ResultStore, Study, TaskSpec, run
from studies.procedures.base import procedures

Tally = procedures.get("tally")
study = Study(
    name="tallies", question="How many ones?",
    tasks={"copy": TaskSpec("copy"), "sort": TaskSpec("priority_sort")},
    models={"ring": ModelSpec("ring")},
    procedure=Tally(steps=12, pause=0.02), seeds=(0, 1),
)
if __name__ == "__main__":
    print(run(study, ResultStore(sys.argv[1]), scheduler=sys.argv[2]))
"""


@pytest.fixture
def home(plugin, tmp_path, monkeypatch) -> Path:
    """The driver's working directory, where the script is, with the plug-in on the path."""
    for path in plugin:
        monkeypatch.syspath_prepend(path)
    path = os.pathsep.join([*plugin, str(ROOT)])
    monkeypatch.setenv("PYTHONPATH", path)
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "tallies.py").write_text(SCRIPT)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    yield folder
    sys.modules.pop("tallies", None)


def training(backend: str = "reference") -> Study:
    return Study(
        name="trained",
        question="Alike?",
        tasks={"copy": TaskSpec("copy", {"width": 2, "max_length": 2})},
        models={"ring": ModelSpec("ring", controller_size=4, cell_options={"slots": 4})},
        procedure=Supervised(
            updates=4, batch_size=2, evaluate_every=2, test_sequences=2, backend=backend
        ),
        seeds=(0, 1),
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a store, byte for byte but for times, of which a learner has some.

    Without the caches, whose columns are those of the rows, times in binary among them.
    """
    found = [path for path in folder.rglob("*") if path.is_file() and path.name != CACHE]
    files = {path: path.read_bytes() for path in found}
    return {
        str(path.relative_to(folder)): TIMES.sub(b"", data)
        for path, data in files.items()
        if path.suffix != ".pt" or b"seconds" not in data
    }


def kill_midway(command: list[str], folder: Path) -> None:
    process = subprocess.Popen(command, start_new_session=True)
    deadline = time.monotonic() + 100
    while process.poll() is None and time.monotonic() < deadline:
        if any(path.stat().st_size > 200 for path in folder.glob("*/metrics.jsonl")):
            break
        time.sleep(0.02)
    assert process.poll() is None, "the study ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.slow
def test_a_study_of_a_plug_in_is_the_same_everywhere(home, start_workers, plugin):
    from tallies import study

    run(study, ResultStore("inline"), workers=0, quiet=True)
    expected = contents(home / "inline")
    assert len(expected) == 1 + 4 * 5
    run(study, ResultStore("local"), workers=2, quiet=True)
    assert contents(home / "local") == expected
    address, _ = start_workers(*plugin)
    run(study, ResultStore("seen"), scheduler=address, quiet=True)
    assert contents(home / "seen") == expected
    kill_midway([sys.executable, "tallies.py", ELSEWHERE, address], home / "runs")
    assert contents(home / "runs") != expected
    run(study, ResultStore(ELSEWHERE), scheduler=address, quiet=True)
    assert contents(home / "runs") == expected
    # and a study that trains, whose every float must be the same
    run(training(), ResultStore("near"), workers=0, quiet=True)
    run(training(), ResultStore(ELSEWHERE.replace("runs", "far")), scheduler=address, quiet=True)
    near, far = contents(home / "near"), contents(home / "far")
    assert near == far and sum(name.endswith("trace.npz") for name in near) == 2


def test_a_study_of_a_plug_in_is_reported(home):
    from tallies import study

    from reports import build

    store = ResultStore("inline")
    run(study, store, workers=0, quiet=True)
    page = build(store, home / "report").read_text(encoding="utf-8")
    assert "Most ones are in the" in page
    assert "Ones of sort" in page and (home / "report" / "figures" / "tally-sort.svg").is_file()


def test_a_backend_of_a_plug_in_trains_what_the_reference_trains(home):
    def rows(backend):
        store = ResultStore(backend)
        run(training(backend), store, workers=0, quiet=True)
        assert set(store.facts()["backend"]) == {backend}
        return store.load().drop(columns=["seconds", "trial"])

    found, wanted = rows("halves"), rows("reference")
    alone = wanted["address"] == "cut off"
    assert alone.any() and found[~alone].equals(wanted[~alone])
    # a readout of half as many steps at once is a product of another size, rounded otherwise
    pd.testing.assert_frame_equal(found[alone], wanted[alone], rtol=1e-6)
