"""Two processes that run one study at one time share its trials."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from studies import ResultStore, run
from studies.design.data import BadData
from studies.running.claims import take
from studies.running.folder_lock import joined
from studies.running.verify import verify

ROOT = Path(__file__).resolve().parents[3]
STEPS = 12

SHARED = f"""
    import os, time
    from dataclasses import dataclass
    from pathlib import Path
    from memnets.spec import ModelSpec
    from studies import Outcome, Procedure, Study, TaskSpec

    @dataclass(frozen=True)
    class Logged(Procedure):
        row_key = ("step",)

        def takes(self, task):
            return {{}}

        def run(self, trial, recorder):
            begun_after = int(recorder.resume() or 0)
            path, deadline = Path(os.environ["LOG"]), time.monotonic() + 60
            with path.open("a") as log:
                log.write(f"{{os.getpid()}} {{trial.seed}} {{begun_after}}\\n")
            # the first trials of both runs end after both have begun
            while time.monotonic() < deadline and len(processes(path)) < 2:
                time.sleep(0.02)
            for step in range(begun_after + 1, {STEPS} + 1):
                time.sleep(0.03)
                recorder.row({{"step": step, "square": step**2}})
                recorder.save(str(step).encode())
            return Outcome({{}}, {{}})

        def progress(self, row):
            return ""

    def processes(path):
        return {{line.split()[0] for line in path.read_text().splitlines()}}

    def study():
        tasks, models = {{"copy": TaskSpec("copy")}}, {{"none": ModelSpec("none")}}
        return Study("shared", "Whose is it?", tasks, models, Logged(), seeds=range(12))
"""


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Starts `memnets study run` on a study of twelve short trials, in a session of its own."""
    (tmp_path / "shared_trials.py").write_text(textwrap.dedent(SHARED))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    started = []

    def begin(workers):
        command = [sys.executable, "-m", "memnets", "study", "run", "shared_trials:study"]
        options = ["--workers", str(workers), "--folder", str(tmp_path / "runs")]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen(command + options, start_new_session=True, **pipes))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "runs" / "shared"


def attempts(tmp_path):
    """The seed of each attempt that was begun, and after how many steps."""
    lines = (tmp_path / "log").read_text().splitlines()
    return [tuple(map(int, line.split()[1:])) for line in lines]


def read(path):
    try:
        return path.read_text()
    except OSError:
        return ""


def assert_whole(folder):
    store = ResultStore(folder)
    assert len(store.facts()) == 12 and list(verify(store)) == []
    for trial in store.trials():
        assert [row["step"] for row in store.rows(trial)] == list(range(1, STEPS + 1))
    assert not (folder / "claims").exists()


@pytest.mark.slow
def test_two_runs_started_together_make_each_trial_once(start, folder, tmp_path):
    runs = [start(workers) for workers in (0, 1)]
    said = [process.communicate(timeout=100)[1] for process in runs]
    assert [process.returncode for process in runs] == [0, 0], said
    assert_whole(folder)
    assert sorted(attempts(tmp_path)) == [(seed, 0) for seed in range(12)]
    done = [int(text.split(": ")[-1].split()[0]) for text in said]
    assert sum(done) == 12 and min(done) > 0, said
    for count, text in zip(done, said, strict=True):
        assert f"{12 - count} by another run, 0 were done before, 0 failed" in text


@pytest.mark.slow
def test_a_run_takes_over_what_a_killed_one_was_making(start, folder, tmp_path):
    killed, other = start(0), start(0)
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline:
        # a trial of this very process, half made
        claims = [
            path
            for path in folder.glob("claims/*")
            if f'"process": {killed.pid},' in path.read_text()
        ]
        rows = [folder / claim.name / "metrics.jsonl" for claim in claims]
        if any(path.is_file() and path.read_bytes().count(b"\n") > 3 for path in rows):
            break
        time.sleep(0.005)
    killed.send_signal(signal.SIGKILL)
    said = other.communicate(timeout=100)[1]
    assert other.returncode == 0, said
    assert_whole(folder)
    begun = attempts(tmp_path)
    twice = [after for _, after in begun if after]
    assert len(begun) == 13 and len(twice) == 1 and twice[0] >= 3


@pytest.mark.slow
def test_a_run_of_other_trials_waits_for_its_turn(study, tmp_path):
    store = ResultStore(tmp_path / "runs")
    with joined(store, study):
        with joined(store, study):
            pass
        with pytest.raises(BadData, match="in use by another run, of other trials"):
            run(replace(study, seeds=(0,)), store, workers=0, quiet=True)
    assert store.is_of(study)


def test_a_trial_that_another_run_fails_is_not_made_again(study, tmp_path):
    from studies.running.agenda import Agenda

    store = ResultStore(tmp_path / "runs")
    store.declare(study)
    trials = list(study.trials())
    store.fail(trials[0], {"error": "before", "traceback": ""})
    agenda = Agenda(trials, store)
    assert list(agenda.ended_elsewhere()) == []
    store.fail(trials[0], {"error": "meanwhile", "traceback": ""})
    (ended,) = agenda.ended_elsewhere()
    assert ended.trial == trials[0] and not ended.here
    assert agenda.next() == trials[1]


def test_a_trial_that_stays_with_another_process_is_waited_for(study, tmp_path, monkeypatch):
    monkeypatch.setattr("studies.running.agenda.AGAIN", 0.05)
    study = replace(study, seeds=(0,))
    store = ResultStore(tmp_path / "runs")
    claim = take(store.folder, next(study.trials()).id)
    store.declare(study)
    released = threading.Timer(2, claim.release)
    released.start()
    summary = run(study, store, workers=0, quiet=True)
    released.join()
    assert (summary.done, summary.failed, summary.elsewhere) == (3, 0, 0)
