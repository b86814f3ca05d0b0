import dataclasses
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from memnets.spec import ModelSpec
from studies import ResultStore, TaskSpec, run
from studies.data import BadData
from studies.files import Unwritable, held
from studies.progress import clock, describe
from studies.store import NotResults
from studies.training import train

ROOT = Path(__file__).resolve().parents[2]

STUDY = """
    import sys
    from memnets.spec import ModelSpec
    from studies import ResultStore, Study, TaskSpec, Training, run

    small = dict(controller_size=4, cell_options={"slots": 4, "width": 3})
    study = Study(
        name="long",
        question="Does it survive?",
        tasks={"copy": TaskSpec("copy", {"width": 2, "max_length": 2})},
        models={kind: ModelSpec("ntm", kind, **small) for kind in ("soft", "reinforce")},
        training=Training(updates=int(sys.argv[2]), batch_size=2, evaluate_every=3,
                          test_lengths=(1, 2), test_sequences=2),
        seeds=(0, 1),
    )
    if __name__ == "__main__":
        print(run(study, ResultStore(sys.argv[1]), workers=2))
"""

FAULTY = """
    import os, signal
    from studies.trial import Outcome

    def fails(trial, *, checkpoint, device):
        yield {"kind": "train", "step": 1, "length": None}
        if trial.seed == 1 and not os.environ.get("MENDED"):
            if trial.model.cell == "none":
                os.kill(os.getpid(), signal.SIGKILL)
            raise RuntimeError("no luck\\nat all")
        return Outcome({"updates": 1}, {})

    def interrupted(trial, *, checkpoint, device):
        yield {"kind": "train", "step": 1, "length": None}
        raise KeyboardInterrupt
"""


@pytest.fixture
def faulty(tmp_path, monkeypatch):
    """A module of procedures that go wrong, importable here and by workers."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "faulty_procedures.py").write_text(textwrap.dedent(FAULTY))
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), str(ROOT)]))
    yield "faulty_procedures"
    sys.modules.pop("faulty_procedures", None)


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
    # whoever runs a kernel first says that it is compiled
    lines = [line for line in said if not line.startswith("memnets: compiling")]
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
    study, tmp_path, faulty, monkeypatch
):
    study = dataclasses.replace(study, procedure=f"{faulty}:fails")
    store = ResultStore(tmp_path / "runs")
    summary = run(study, store, workers=2)
    assert (summary.done, summary.failed) == (3, 3)
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


def test_a_model_that_cannot_be_built_is_a_failed_trial(study, tmp_path):
    models = {**study.models, "typo": ModelSpec("nmt")}
    store = ResultStore(tmp_path / "runs")
    summary = run(dataclasses.replace(study, models=models, seeds=(0,)), store, workers=0)
    assert (summary.done, summary.failed) == (3, 1)
    assert "Did you mean 'ntm'" in store.failures()["error"].item()


def test_an_interrupt_ends_the_run_and_says_how_to_go_on(study, tmp_path, faulty, capfd):
    broken = dataclasses.replace(study, procedure=f"{faulty}:interrupted")
    store = ResultStore(tmp_path / "runs")
    summary = run(broken, store, workers=0)
    assert summary.interrupted and summary.done == 0
    assert "the same command resumes" in capfd.readouterr().err


def kill_midway(command, folder):
    """Start the study, kill it once a trial is done and another has rows, with all its family."""
    process = subprocess.Popen(command, start_new_session=True, cwd=ROOT)
    deadline = time.monotonic() + 100
    while process.poll() is None and time.monotonic() < deadline:
        running = [
            path
            for path in folder.glob("*/metrics.jsonl")
            if not path.with_name("done.json").exists() and path.stat().st_size > 1000
        ]
        if any(folder.glob("*/done.json")) and running:
            break
        time.sleep(0.02)
    assert process.poll() is None, "the study ended before it could be killed"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    # orphaned workers notice by themselves; no other run may start before they have
    before = None
    while before != (before := {p: p.stat().st_size for p in folder.glob("*/metrics.jsonl")}):
        time.sleep(0.5)


def test_a_study_killed_midway_goes_on_where_it_was(tmp_path, monkeypatch):
    script, folder = tmp_path / "long_study.py", tmp_path / "runs"
    script.write_text(textwrap.dedent(STUDY))
    command = [sys.executable, "-W", "error", str(script), str(folder), "36"]
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    kill_midway(command, folder)
    finished = {path: path.stat().st_mtime_ns for path in folder.glob("*/done.json")}
    written = {path: path.read_bytes() for path in folder.glob("*/metrics.jsonl")}
    broken = next(path for path in written if path.with_name("done.json") not in finished)
    with broken.open("ab") as file:
        file.write(b'{"kind": "train", "st')

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert f"{4 - len(finished)} trials done, {len(finished)} were done before" in done.stdout
    for path, stamp in finished.items():
        assert path.stat().st_mtime_ns == stamp
    for path, data in written.items():
        whole, _, _ = data.rpartition(b"\n")
        assert path.read_bytes().startswith(whole)
        if path.with_name("done.json") in finished:
            assert path.read_bytes() == data
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        keys = [(row["step"], row["kind"], row["length"]) for row in rows]
        assert keys == [
            (step, kind, length)
            for step in range(3, 37, 3)
            for kind, length in [("train", None), ("test", 1), ("test", 2)]
        ]
    killed = next(t for t in ResultStore(folder).trials() if t.id == broken.parent.name)
    in_one_go = [{**row, "seconds": None} for row in train(killed)]
    assert [{**row, "seconds": None} for row in ResultStore(folder).rows(killed)] == in_one_go


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

    monkeypatch.setattr("studies.store.add_line", full)
    store = ResultStore(tmp_path / "runs")
    with pytest.raises(Unwritable, match="No space left"):
        run(study, store, workers=0)
    assert len(store.failures()) == 0


def test_a_folder_is_run_by_one_process_at_a_time(study, tmp_path):
    pytest.importorskip("fcntl")
    with held(tmp_path), pytest.raises(BadData, match="in use by another run"):
        run(study, ResultStore(tmp_path), workers=0)


def test_a_trial_in_progress_is_described_in_one_line(trial):
    assert describe(trial, [], 65) == "copy  ntm/reinforce  seed 3  0/6  started 1:05 ago"
    rows = [{"kind": "train", "step": 2, "sequences": 4, "seconds": 0.5, "bits": 1.234}]
    line = describe(trial, [*rows, {"kind": "test", "step": 2}])
    assert line == "copy  ntm/reinforce  seed 3  2/6  8 sequences/s  1.23 bits  0:01 left"
    assert clock(3 * 3600 + 62) == "3:01:02"


@pytest.mark.parametrize("module", ["studies", "studies.study", "studies.store", "studies.trial"])
def test_importing_studies_imports_no_torch(module):
    code = (
        f"import sys, {module}, studies; "
        "[studies.studies.get(name)() for name in ('demo', 'discrete_vs_soft')]; "
        "heavy = {'torch', 'pandas', 'distributed', 'rich'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
