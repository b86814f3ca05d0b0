"""A recorder whose calls a driver makes, against one that writes into the folder itself."""

import pickle

import pytest
from distributed import Client

from studies import ResultStore
from studies.design.data import BadData
from studies.running.attempt import Abandoned
from studies.running.driver import Driver
from studies.running.engine_recorder import Call, EngineRecorder
from studies.running.files import Unwritable
from studies.running.recorder import FolderRecorder


def row(step):
    return {"kind": "train", "step": step, "length": None, "bits": 0.5}


@pytest.fixture(scope="module")
def client():
    options = {"processes": False, "n_workers": 1, "threads_per_worker": 1}
    with Client(**options, dashboard_address=":0") as client:
        yield client


@pytest.fixture
def store(tmp_path, study):
    store = ResultStore(tmp_path / "far")
    store.declare(study)
    return store


@pytest.fixture
def driver(client, store, study):
    with Driver(client, "run", store, list(study.trials())) as driver:
        yield driver


def contents(store):
    files = [path for path in store.folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(store.folder)): path.read_bytes() for path in files}


def record(recorder, after=0):
    assert recorder.begin({"cell ntm": "the code of the worker"})
    checkpoint = recorder.resume()
    for step in range(after + 1, after + 4):
        recorder.row(row(step))
        recorder.save(f"after {step}".encode())
    recorder.check()
    return checkpoint


def test_both_recorders_write_the_same_bytes(driver, store, study, first, tmp_path):
    near = ResultStore(tmp_path / "near")
    near.declare(study)
    for recorder in (EngineRecorder(first, "run"), FolderRecorder(near, first)):
        assert record(recorder) is None
        recorder.close()
    for recorder in (EngineRecorder(first, "run"), FolderRecorder(near, first)):
        assert record(recorder, after=2) == b"after 3"
        recorder.finish({"updates": 5}, {})
        recorder.close()
    for recorder in (EngineRecorder(first, "run"), FolderRecorder(near, first)):
        assert not recorder.begin({})
        recorder.close()
    assert len(store.rows(first)) == 5
    assert [code for _, code in store.made_with()] == [{"cell ntm": "the code of the worker"}]
    driver.release(first)
    assert contents(store) == contents(near)


def test_an_error_reaches_the_worker_as_it_was(driver, first):
    recorder = EngineRecorder(first, "run")
    recorder.begin({})
    recorder.row(row(1))
    with pytest.raises(BadData, match="row_key must name a column"):
        recorder.row(row(1))
    recorder.row(row(2))


def test_a_later_attempt_ends_the_earlier_one(driver, store, first):
    earlier, later = (EngineRecorder(first, "run") for _ in range(2))
    earlier.begin({})
    earlier.row(row(1))
    later.begin({})
    with pytest.raises(Abandoned, match="begun again"):
        earlier.row(row(2))
    later.row(row(1))
    later.row(row(2))
    assert [found["step"] for found in store.rows(first)] == [1, 2]


def test_a_call_that_comes_twice_is_made_once(driver, store, first):
    recorder = EngineRecorder(first, "run")
    recorder.begin({})
    recorder.row(row(1))
    data = pickle.dumps(({"error": "made twice", "traceback": ""},))
    call = Call(recorder._attempt, recorder._number, first.id, "fail", data)
    driver.make(call)
    recorder.row(row(2))
    assert len(store.rows(first)) == 2
    assert len(store.failures()) == 0


def test_a_full_disk_stops_both_sides(driver, first, monkeypatch):
    def full(*_):
        raise Unwritable(28, "No space left on device", "metrics.jsonl")

    recorder = EngineRecorder(first, "run")
    recorder.begin({})
    monkeypatch.setattr("studies.running.recorder.add_line", full)
    with pytest.raises(Unwritable, match="No space left"):
        recorder.row(row(1))
    with pytest.raises(Unwritable, match="No space left"):
        driver.check()


def test_a_worker_stops_waiting_once_nobody_answers(client, first):
    looks = []

    def watch():
        looks.append(None)
        if len(looks) > 2:
            raise Abandoned("over")

    with pytest.raises(Abandoned):
        EngineRecorder(first, "nobody", watch=watch).begin({})
