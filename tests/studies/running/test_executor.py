"""Running a study, in this process and on workers: done, skipped, failed, interrupted."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from memnets.spec import ModelSpec
from studies import ResultStore, Search, Supervised, TaskSpec, run
from studies.design.data import BadData
from studies.procedures.clock import clock
from studies.running.files import Unwritable
from studies.running.folder_lock import held
from studies.running.live_lines import describe
from studies.running.plan import planned
from studies.running.store import NotResults

ROOT = Path(__file__).resolve().parents[3]


def frame(store):
    return store.load().drop(columns="seconds")


def test_the_result_does_not_depend_on_the_engine(study, tmp_path, capfd):
    stores = [ResultStore(tmp_path / name) for name in ("inline", "workers")]
    summaries = [
        run(study, store, workers=workers) for store, workers in zip(stores, (0, 2), strict=True)
    ]
    assert summaries[0] == summaries[1]
    assert (summaries[0].done, summaries[0].skipped, summaries[0].failed) == (6, 0, 0)
    pd.testing.assert_frame_equal(*map(frame, stores))
    for trial in study.trials():
        one, two = (store.trace(trial) for store in stores)
        assert one.keys() == two.keys()
        for name in one:
            np.testing.assert_array_equal(one[name], two[name])
    said = capfd.readouterr().err.splitlines()
    # the first process that needs a kernel says that it compiles it
    lines = [line for line in said if " is being compiled" not in line]
    assert lines == [f"tiny: {summary}" for summary in summaries]


def test_a_second_run_trains_nothing(study, tmp_path):
    store = ResultStore(tmp_path / "runs")
    run(study, store, workers=0)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.jsonl")}
    summary = run(study, store, workers=2)
    assert (summary.done, summary.skipped, summary.failed) == (0, 6, 0)
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.jsonl")}
    facts = store.facts()
    assert len(facts) == 6
    assert {"versions", "commit", "dirty", "device", "threads", "machine", "started"} <= set(facts)
    assert set(facts["threads"]) == {1}


def test_a_trial_that_fails_or_kills_its_worker_is_a_row_and_the_others_finish(
    study, tmp_path, faulty, monkeypatch, capfd
):
    study = dataclasses.replace(study, procedure=faulty.Fails())
    store = ResultStore(tmp_path / "runs")
    summary = run(study, store, workers=2)
    assert (summary.done, summary.failed) == (3, 3)
    said = capfd.readouterr().err
    assert "tiny: failed: ntm/soft on copy, seed 1: RuntimeError: no luck\n" in said
    assert said.count("the worker of none/lstm on copy, seed 1 died; the trial goes on") == 1
    assert "tiny: failed: none/lstm on copy, seed 1: KilledWorker: " in said
    failures = store.failures().set_index("model")
    assert set(failures["seed"]) == {1}
    assert "KilledWorker" in failures.loc["none/lstm", "error"]
    raised = failures.drop(index="none/lstm")
    assert set(raised["error"]) == {"RuntimeError: no luck"}
    assert raised["traceback"].str.contains("faulty_procedures.py").all()
    monkeypatch.setenv("MENDED", "1")
    summary = run(study, store, workers=0)
    assert (summary.done, summary.skipped, summary.failed) == (3, 3, 0)
    assert len(store.failures()) == 0
    assert len(store.load()) == 6


def test_workers_keep_the_memory_of_freed_tensors(study, tmp_path, faulty):
    store = ResultStore(tmp_path / "runs")
    run(dataclasses.replace(study, procedure=faulty.Tells(), seeds=(0,)), store, workers=1)
    # at dask's own 64 KiB, a step spends its time in giving pages back and fetching them again
    assert {int(trim) for trim in store.facts()["trim"]} == {2**30}


def test_a_model_that_cannot_be_built_is_a_failed_trial(study, tmp_path):
    models = {**study.models, "typo": ModelSpec("nmt")}
    store = ResultStore(tmp_path / "runs")
    summary = run(dataclasses.replace(study, models=models, seeds=(0,)), store, workers=0)
    assert (summary.done, summary.failed) == (3, 1)
    assert "Did you mean 'ntm'" in store.failures()["error"].item()


def test_a_fact_that_is_no_number_is_a_failed_trial_that_names_it(study, tmp_path, faulty):
    store = ResultStore(tmp_path / "runs")
    endless = dataclasses.replace(study, procedure=faulty.Endless(), seeds=(0,))
    assert run(endless, store, workers=0).failed == 3
    assert set(store.failures()["error"]) == {
        "BadData: speed is inf; only finite numbers can be stored."
    }


@pytest.mark.parametrize("threads", [0, -1, 1_025, 10**9, 1.5, True])
def test_a_number_of_threads_that_no_machine_has_is_refused(study, tmp_path, threads):
    with pytest.raises(
        BadData, match=f"threads is {threads}; it must be a whole number, 1 to 1,024"
    ):
        run(study, ResultStore(tmp_path / "runs"), workers=0, threads=threads)


@pytest.mark.parametrize("workers", [-1, 1.5, "2", None, True])
def test_a_number_of_workers_that_is_none_is_refused(study, tmp_path, workers):
    said = f"workers is {workers!r}; it must be a whole number, 0 to 1,024"
    with pytest.raises(BadData, match=said):
        run(study, ResultStore(tmp_path / "runs"), workers=workers)


@pytest.mark.parametrize("tuning", [None, Search({"learning_rate": (0.1, 0.2)}, seeds=(9,))])
def test_a_clock_that_does_not_see_the_device_is_refused_before_any_trial(tmp_path, study, tuning):
    procedure = Supervised(updates=1, clock="processor")
    timed = dataclasses.replace(study, procedure=procedure, own={}, tuning=tuning)
    with pytest.raises(BadData, match="clock 'processor' does not see .* on meta take 'wall'"):
        run(timed, ResultStore(tmp_path / "runs"), workers=0, device="meta")
    assert not (tmp_path / "runs").exists()


def test_a_model_whose_gradients_the_optimiser_does_not_take_is_refused_before_any_trial(
    tmp_path, study
):
    model = ModelSpec("product_keys", cell_options={"sparse_gradient": True})
    sparse = dataclasses.replace(study, models={"table": model})
    store = ResultStore(tmp_path / "runs")
    for begin in (lambda: run(sparse, store, workers=0), lambda: planned(sparse, store, "cpu")):
        with pytest.raises(BadData, match="product_keys/soft has sparse gradients, which adam"):
            begin()
    assert not (tmp_path / "runs").exists()


def test_a_live_line_that_fails_says_so_and_stops_nothing(trial, faulty):
    small = dataclasses.replace(trial, procedure=faulty.Tells())
    said = describe(small, [{"step": 1}])
    assert said == "copy  ntm/reinforce  seed 3  0:00 so far  (progress: KeyError: 'nothing')"


@dataclasses.dataclass
class Maze:
    """A task without batches, lengths and answers."""

    rooms: int = 3


def test_a_procedure_takes_tasks_that_have_no_lengths(study, tmp_path, faulty):
    from envs.tasks import tasks

    tasks.register("maze")(Maze)
    try:
        mazes = {"maze": TaskSpec("maze", {"rooms": 2})}
        small = dataclasses.replace(study, tasks=mazes, procedure=faulty.Tells(), seeds=(0,))
        store = ResultStore(tmp_path / "runs")
        assert run(small, store, workers=0).done == 3
        assert set(store.load()["task"]) == {"maze"} and "min_length" not in store.load()
        refused = dataclasses.replace(study, tasks=mazes)
        with pytest.raises(BadData, match="needs a task that generates batches"):
            run(refused, ResultStore(tmp_path / "other"), workers=0)
        assert not (tmp_path / "other").exists()
    finally:
        tasks._registered.pop("maze")


def test_an_interrupt_ends_the_run_and_says_how_to_go_on(study, tmp_path, faulty, capfd):
    broken = dataclasses.replace(study, procedure=faulty.Interrupted())
    store = ResultStore(tmp_path / "runs")
    summary = run(broken, store, workers=0)
    assert summary.interrupted and summary.done == 0
    assert "the same command resumes" in capfd.readouterr().err


def test_a_task_that_cannot_be_built_stops_the_run_before_it_starts(study, tmp_path):
    wrong = dataclasses.replace(study, tasks={"copy": TaskSpec("copy", {"length": 3})})
    with pytest.raises(BadData, match="no option 'length'"):
        run(wrong, ResultStore(tmp_path / "runs"), workers=0)
    assert not (tmp_path / "runs").exists()


def test_a_damaged_trial_stops_the_run_before_it_starts(study, tmp_path):
    store = ResultStore(tmp_path / "runs")
    run(dataclasses.replace(study, seeds=(0,)), store, workers=0)
    path = store.path(next(study.trials())) / "trial.json"
    path.write_text(path.read_text()[:40])
    with pytest.raises(NotResults, match="Delete this file"):
        run(study, store, workers=0)
    path.unlink()
    assert run(study, store, workers=0).skipped == 3
    assert len(store.trials()) == 6


def test_a_disk_that_fills_up_stops_the_run_with_one_line(study, tmp_path, monkeypatch):
    def full(*_):
        raise Unwritable(28, "No space left on device", "metrics.jsonl")

    monkeypatch.setattr("studies.running.recorder.add_line", full)
    store = ResultStore(tmp_path / "runs")
    with pytest.raises(Unwritable, match="No space left"):
        run(study, store, workers=0)
    assert len(store.failures()) == 0


def test_a_folder_that_is_held_for_something_else_is_not_run(study, tmp_path, monkeypatch):
    pytest.importorskip("fcntl")
    monkeypatch.setattr("studies.running.folder_lock.PATIENCE", 0.2)
    with held(tmp_path), pytest.raises(BadData, match="in use by another run"):
        run(study, ResultStore(tmp_path), workers=0)


@pytest.mark.parametrize("retries", [-1, 1.5, "2", None, True])
def test_a_number_of_retries_that_is_none_is_refused(study, tmp_path, retries):
    said = f"retries is {retries!r}; it must be a whole number, 0 to 1,000"
    with pytest.raises(BadData, match=said):
        run(study, ResultStore(tmp_path / "runs"), retries=retries)


def test_a_trial_in_progress_is_described_in_one_line(trial):
    assert describe(trial, [], 65) == "copy  ntm/reinforce  seed 3  started 1:05 ago"
    rows = [{"kind": "train", "step": 2, "sequences": 4, "seconds": 0.5, "bits": 1.234}]
    line = describe(trial, [*rows, {"kind": "test", "step": 2, "length": 1}], 65, 1.2)
    assert line == "copy  ntm/reinforce  seed 3  0:01 left  2/6  8 seq/s  1.23 bits"
    assert clock(3 * 3600 + 62) == "3:01:02"


@pytest.mark.parametrize(
    "module", ["studies", "studies.design.study", "studies.running.store", "studies.design.trial"]
)
def test_importing_studies_imports_no_torch(module):
    code = (
        f"import sys, {module}, studies; "
        "[studies.studies.get(name)() for name in ('demo', 'discrete_vs_soft')]; "
        "heavy = {'torch', 'pandas', 'distributed', 'rich'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
