"""Workers of a dask cluster that see the store's folder, or do not, and that come and go."""

import dataclasses
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import dask
import pytest

from memnets.backends.compiling import is_left_to_display
from memnets.cli.main import main
from memnets.registry import cells
from memnets.spec import ModelSpec
from studies import ResultStore, run
from studies.design.data import BadData
from studies.running.cluster import connected
from studies.running.local_workers import forked

ROOT = Path(__file__).resolve().parents[3]

# a path that every process reads as one below its own working directory
ELSEWHERE = "/proc/self/cwd/runs"

COUNTING = """
    import os, sys, time
    from dataclasses import dataclass
    from memnets.spec import ModelSpec
    from studies import Outcome, Procedure, ResultStore, Study, TaskSpec, run

    @dataclass(frozen=True)
    class Counting(Procedure):
        row_key = ("step",)
        steps: int = 60

        def takes(self, task):
            return {}

        def run(self, trial, recorder):
            begun_after = int(recorder.resume() or 0)
            for step in range(begun_after + 1, self.steps + 1):
                time.sleep(0.05)
                recorder.row({"step": step, "square": step**2})
                recorder.save(str(step).encode())
            return Outcome({"begun_after": begun_after, "process": os.getpid()}, {})

        def progress(self, row):
            return str(row["step"])

    def study():
        tasks, models = {"copy": TaskSpec("copy")}, {"none": ModelSpec("none")}
        return Study("counting", "How far?", tasks, models, Counting(), seeds=(0, 1))

    if __name__ == "__main__":
        from counting import study
        print(run(study(), ResultStore(sys.argv[1]), scheduler=sys.argv[2]))
"""


@pytest.fixture
def counting(tmp_path, monkeypatch):
    """The folder of a module whose procedure counts slowly, importable here."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "counting.py").write_text(textwrap.dedent(COUNTING))
    monkeypatch.syspath_prepend(folder)
    yield folder
    sys.modules.pop("counting", None)


@pytest.fixture
def at_home(tmp_path, monkeypatch):
    """The driver's working directory, which is none of the workers'."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    return home


@pytest.fixture
def listening():
    """Children hear Ctrl-C, which they are told to ignore where tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def wait_for_rows(folder, count, process=None):
    """Until every begun trial, of two, has so many rows."""
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline and (process is None or process.poll() is None):
        lengths = [len(path.read_bytes().splitlines()) for path in folder.glob("*/metrics.jsonl")]
        if len(lengths) == 2 and min(lengths) >= count:
            return
        time.sleep(0.02)
    raise AssertionError("the trials did not get so far")


def assert_whole(store):
    assert len(store.facts()) == 2
    for trial in store.trials():
        assert [row["step"] for row in store.rows(trial)] == list(range(1, 61))


def test_a_killed_workers_trial_goes_on_from_its_last_checkpoint(counting, at_home, start_workers):
    address, (victim, survivor) = start_workers(str(counting))
    import counting as module

    def kill():
        wait_for_rows(at_home / "runs", 10)
        victim.send_signal(signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    store = ResultStore(ELSEWHERE)
    summary = run(module.study(), store, scheduler=address, quiet=True)
    killer.join()
    assert (summary.done, summary.failed) == (2, 0)
    assert_whole(store)
    facts = store.facts()
    assert set(facts["process"]) == {survivor.pid}
    through, resumed = sorted(facts["begun_after"])
    assert through == 0 and resumed >= 9


@pytest.mark.slow
@pytest.mark.parametrize(
    ("end", "folder"),
    [
        (signal.SIGKILL, ELSEWHERE),
        (signal.SIGINT, "runs"),
        pytest.param(signal.SIGKILL, "runs", marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, ELSEWHERE, marks=pytest.mark.slow),
    ],
)
def test_a_driver_that_ends_leaves_the_workers_free_for_the_next(
    end, folder, counting, at_home, start_workers, monkeypatch, listening
):
    address, _ = start_workers(str(counting))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    command = [sys.executable, str(counting / "counting.py"), folder, address]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    wait_for_rows(at_home / "runs", 5, process)
    process.send_signal(end)
    said = process.communicate(timeout=60)[1].decode()
    assert "Traceback" not in said
    assert ("the same command resumes" in said) == (end == signal.SIGINT)
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert "2 trials done, 0 were done before, 0 failed" in done.stdout, done.stdout
    store = ResultStore(at_home / "runs")
    assert_whole(store)
    assert store.facts()["begun_after"].min() >= 4


@pytest.mark.slow
def test_what_workers_cannot_do_is_one_line_before_anything_starts(
    study, at_home, start_workers, tmp_path
):
    address, _ = start_workers()

    def refusal(study, **more):
        with pytest.raises(BadData, match="^worker tcp://.*") as caught:
            run(study, ResultStore("runs"), quiet=True, **more)
        assert "\n" not in str(caught.value)
        assert not list(at_home.rglob("trial.json"))
        return str(caught.value)

    cells.register("mine")(cells.get("none"))
    try:
        mine = dataclasses.replace(study, models={"mine": ModelSpec("mine")})
        for where in ({"scheduler": address}, {"workers": 1}):
            said = refusal(mine, **where)
            assert "memnets.cells: no 'mine'." in said and "workers=0" in said
    finally:
        del cells._registered["mine"]
    assert "device 'cuda:9'" in refusal(study, scheduler=address, device="cuda:9")


def test_a_scheduler_without_workers_is_one_line_and_a_status(tmp_path, monkeypatch, capsys):
    from distributed import LocalCluster

    monkeypatch.setattr("studies.running.cluster.JOIN", 0.2)
    with LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as cluster:
        where = ["--scheduler", cluster.scheduler_address, "--folder", str(tmp_path)]
        assert main(["study", "run", "demo", *where]) == 75
    said = capsys.readouterr().err
    assert "has no worker: start one with `dask worker" in said and said.count("\n") == 1


@pytest.mark.parametrize("live", [True, False])
def test_local_workers_leave_what_they_compile_to_live_lines_where_there_are_any(live):
    with connected(1, None, live) as client:
        assert set(client.run(is_left_to_display).values()) == {live}


@pytest.mark.skipif(sys.platform != "linux", reason="workers are spawned there")
def test_local_workers_are_forked_with_torch_and_have_the_environment_of_now(monkeypatch, tmp_path):
    def seen():
        import numpy as np
        import torch

        names = [name for name in os.environ if name.startswith(("MEMNETS_SEEN", "PYTHONSAFE"))]
        loaded = "torch._dynamo" in sys.modules
        threads = os.environ["OMP_NUM_THREADS"], torch.get_num_threads()
        return os.getppid(), sorted(names), loaded, threads, np.random.rand()

    # what lies in the working directory is nobody's module
    (tmp_path / "statistics.py").write_text("raise SystemExit('not the one of Python')")
    monkeypatch.chdir(tmp_path)
    found = []
    for name in ("MEMNETS_SEEN_1", "MEMNETS_SEEN_2"):
        with connected(2, None) as client:
            found += client.run(seen).values()
        with monkeypatch.context() as now:
            now.setenv(name, "1")
            with connected(1, None) as client:
                found += client.run(seen).values()
    parents, names, loaded, threads, draws = zip(*found, strict=True)
    assert len(set(parents)) == 1 and parents[0] != os.getpid()
    assert names == ([], [], ["MEMNETS_SEEN_1"], [], [], ["MEMNETS_SEEN_2"])
    assert all(loaded) and set(threads) == {("1", 1)} and len(set(draws)) == len(draws)


def test_dask_may_be_told_how_to_begin_local_workers(monkeypatch):
    method = "distributed.worker.multiprocessing-method"
    for own in ("fork", "forkserver"):
        with dask.config.set({method: own}):
            assert forked() == {}
    monkeypatch.setenv("DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD", "spawn")
    assert forked() == {}
