"""How far a study is, from its folder alone."""

import dataclasses
import json
import os
import time

import pytest

from memnets.spec import ModelSpec
from studies import ResultStore, Study, Supervised, TaskSpec
from studies.running import claims
from studies.running.files import NotResults
from studies.running.watched_study import WatchedStudy

STUDY = Study(
    name="seen",
    question="?",
    tasks={"copy": TaskSpec("copy", {"width": 2, "max_length": 2})},
    models={"a": ModelSpec("none", controller_size=4), "b": ModelSpec("none", controller_size=5)},
    procedure=Supervised(updates=100),
    seeds=(0, 1),
)


def rows_of(step, accuracy):
    row = {"step": step, "sequences": 16 * step, "seconds": step / 4, "bits": 1.0}
    yield {**row, "kind": "train", "accuracy": 0.1}
    for length, address in ((1, "own"), (2, "own"), (2, "cut off")):
        right = accuracy if address == "own" else 0.0
        yield {**row, "kind": "test", "length": length, "address": address, "accuracy": right}
    yield {**row, "kind": "test", "number": "n", "value": 3, "address": "own", "accuracy": 0.0}


def write(store, trial, step, accuracy, at=None):
    path = store.path(trial) / "metrics.jsonl"
    with path.open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows_of(step, accuracy))
    if at is not None:
        os.utime(path, (at, at))


@pytest.fixture
def store(tmp_path):
    store = ResultStore(tmp_path / "seen")
    store.declare(STUDY)
    return store


@pytest.fixture
def trials():
    return {(trial.model_label, trial.seed): trial for trial in STUDY.trials()}


def test_what_runs_what_ended_and_what_waits(store, trials):
    store.begin(trials["a", 0])
    write(store, trials["a", 0], 50, 0.5)
    write(store, trials["a", 0], 100, 1.0)
    times = ("2026-11-26T10:00:00+00:00", "2026-11-26T10:01:40+00:00")
    store.finish(trials["a", 0], dict(zip(("started", "finished"), times, strict=True)))
    store.begin(trials["b", 0])
    store.fail(trials["b", 0], {"error": "ValueError: no luck", "traceback": ""})
    claim = store.claim(trials["a", 1])
    now = time.time()
    try:
        store.begin(trials["a", 1])
        watched = WatchedStudy(store)
        frame = watched.look()
        assert (frame.name, frame.total, frame.done, frame.failed) == ("seen", 4, 1, 1)
        (line,) = frame.running
        assert line.trial == trials["a", 1] and line.left is None and line.scores == []
        assert 0 <= line.seconds < 60 and frame.speed == 0
        # nothing is known of the one that runs but what another of its model took
        assert frame.left == pytest.approx(200)
        write(store, trials["a", 1], 25, 0.5, now + 20)
        frame = watched.look()
        (line,) = frame.running
        assert line.scores == [0.5] and line.rows[-1]["step"] == 25
        assert 50 < line.left < 66 and frame.speed == pytest.approx(64)
        write(store, trials["a", 1], 50, 0.75, now + 40)
        assert watched.look().running[0].scores == [0.5, 0.75]
    finally:
        claim.release()
    frame = watched.look()
    assert not frame.running and frame.left is None
    failed, done = frame.ended
    assert (failed.error, done.error) == ("ValueError: no luck", "")
    assert done.seconds == 100 and done.scores == [0.5, 1.0]
    assert {label: dict(counts) for label, counts in frame.models.items()} == {
        ("copy", "a"): {"done": 1, "waiting": 1},
        ("copy", "b"): {"failed": 1},
    }


def test_a_trial_that_was_begun_before_is_timed_from_what_is_seen(store, trials):
    trial = trials["a", 0]
    store.begin(trial)
    write(store, trial, 50, 0.5)
    long_ago = time.time() - 3_600
    os.utime(store.path(trial) / "trial.json", (long_ago, long_ago))
    claim = store.claim(trial)
    try:
        watched = WatchedStudy(store)
        assert watched.look().running[0].left is None
        write(store, trial, 60, 0.5, time.time() + 10)
        assert 30 < watched.look().running[0].left <= 41
    finally:
        claim.release()


def test_a_run_that_stopped_without_a_word_runs_no_longer(store, trials):
    store.begin(trials["a", 0])
    path = store.folder / claims.FOLDER / trials["a", 0].id
    path.parent.mkdir()
    said = {
        "host": "h",
        "machine": "m",
        "process": 1,
        "token": "t",
        "since": "2026-11-26T10:00:00Z",
    }
    path.write_text(json.dumps(said))
    assert len(WatchedStudy(store).look().running) == 1
    old = time.time() - claims.STALE - 5
    os.utime(path, (old, old))
    assert not WatchedStudy(store).look().running


def test_a_trial_that_fails_and_is_made_again_is_told_anew(store, trials):
    trial = trials["a", 0]
    store.begin(trial)
    store.fail(trial, {"error": "first", "traceback": ""})
    watched = WatchedStudy(store)
    assert watched.look().ended[0].error == "first"
    store.begin(trial)
    write(store, trial, 100, 1.0)
    store.finish(trial, {})
    (line,) = watched.look().ended
    assert line.error == "" and line.scores == [1.0] and line.seconds is None


def test_what_holds_no_study_is_refused(tmp_path):
    with pytest.raises(NotResults, match="holds no results yet"):
        WatchedStudy(ResultStore(tmp_path)).look()


def test_a_procedure_without_a_score_has_no_curve(store, trials, monkeypatch):
    monkeypatch.setattr(Supervised, "score", "")
    trial = dataclasses.replace(trials["a", 0])
    store.begin(trial)
    write(store, trial, 100, 1.0)
    store.finish(trial, {})
    assert WatchedStudy(store).look().ended[0].scores == []
