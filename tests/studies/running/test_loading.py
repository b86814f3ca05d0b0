"""Loading a store: the cache is used while it is of the rows on disk, and at no other time."""

import json
import os
import pickle

import pandas as pd
import pytest

from studies import ResultStore
from studies.running import loading, rows_cache
from studies.running.files import NotResults
from studies.running.recorder import FolderRecorder
from studies.running.rows_cache import CACHE


def row(step, **more):
    return {"step": step, "kind": "test", "length": 2, "bits": step / 2, "entropy": None, **more}


@pytest.fixture
def trials(store, study):
    """Two finished trials and one that was begun."""
    trials = list(study.trials())[:3]
    for trial in trials:
        store.begin(trial)
        recorder = FolderRecorder(store, trial)
        for step in (1, 2):
            recorder.row(row(step, address="own"))
        if trial is not trials[2]:
            store.finish(trial, {"updates": 2})
    return trials


@pytest.fixture
def parsed(monkeypatch):
    """The folders whose rows were parsed, in order."""
    names, read = [], loading.read_columns
    monkeypatch.setattr(
        loading,
        "read_columns",
        lambda folder, *more: (names.append(folder.name), read(folder, *more))[1],
    )
    return names


def without_caches(store):
    for path in store.folder.rglob(CACHE):
        path.unlink()


def test_rows_of_a_finished_trial_are_kept_as_columns_when_it_finishes(store, trials, parsed):
    assert [(store.path(trial) / CACHE).is_file() for trial in trials] == [True, True, False]
    kept = store.load()
    assert parsed == [trials[2].id]
    without_caches(store)
    pd.testing.assert_frame_equal(store.load(), kept)
    assert parsed[1:] == [trial.id for trial in trials]
    pd.testing.assert_frame_equal(ResultStore(store.folder).load(), kept)
    assert parsed[4:] == [trials[2].id]


def test_a_trial_finishes_though_its_rows_cannot_be_kept_as_columns(store, study, monkeypatch):
    trial = next(study.trials())
    store.begin(trial)
    with monkeypatch.context() as patch:
        patch.setattr(rows_cache, "write", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
        store.finish(trial, {"updates": 2})
    assert store.is_done(trial) and not list(store.folder.rglob(CACHE))


def test_every_change_of_rows_is_seen_though_size_and_time_are_as_before(store, trials):
    assert store.load()["bits"].tolist() == [0.5, 1.0] * 3
    path = store.path(trials[0]) / "metrics.jsonl"
    before = path.stat()
    path.write_text(path.read_text().replace('"bits": 0.5', '"bits": 0.7'))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert store.load()["bits"].tolist()[:2] == [0.7, 1.0]


def test_a_label_that_was_changed_is_seen(store, trials):
    store.load()
    path = store.path(trials[0]) / "trial.json"
    path.write_text(
        path.read_text().replace('"model_label": "ntm/reinforce"', '"model_label": "mine"')
    )
    assert store.load()["model"].tolist()[:3] == ["mine", "mine", "ntm/soft"]


def test_rows_that_are_gone_are_found_beside_a_whole_cache(store, trials):
    store.load()
    path = store.path(trials[0]) / "metrics.jsonl"
    path.write_text(path.read_text().splitlines(keepends=True)[0])
    with pytest.raises(NotResults, match="holds 1 of the 2 rows, though the trial is finished"):
        store.load()


def test_a_folder_that_was_copied_over_another_trials_is_found(store, trials):
    store.load()
    for name in ("trial.json", "metrics.jsonl", CACHE):
        data = (store.path(trials[0]) / name).read_bytes()
        (store.path(trials[1]) / name).write_bytes(data)
    with pytest.raises(NotResults, match="edited or copied"):
        store.load()


DAMAGES = {
    "empty": lambda data: b"",
    "torn": lambda data: data[: len(data) // 2],
    "of other numbers": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    "pickled": lambda data: pickle.dumps({"rows": 1}),
    "of no fields": lambda data: signed(b"{}\n"),
    "of a later version": lambda data: signed(
        data.partition(b"\n")[2].replace(b"rows 1 ", b"rows 2 ")
    ),
    "of objects": lambda data: signed(data.partition(b"\n")[2].replace(b"<f8", b"|O8")),
    "of too few numbers": lambda data: signed(data.partition(b"\n")[2][:-8]),
    "no text": lambda data: b"\xff\n\xfe\n",
}


def signed(rest):
    return rows_cache._digest(rest) + b"\n" + rest


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_cache_that_is_torn_or_foreign_is_not_read_and_made_again(store, trials, parsed, damage):
    first = store.load()
    path = store.path(trials[0]) / CACHE
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    pd.testing.assert_frame_equal(store.load(), first)
    assert parsed.count(trials[0].id) == 1
    assert path.read_bytes() == whole


def test_a_cache_in_the_way_of_which_something_stands_is_done_without(store, trials):
    without_caches(store)
    for trial in trials:
        (store.path(trial) / CACHE).mkdir()
    assert len(store.load()) == 6
    assert not list(store.folder.rglob("*.partial"))


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_cannot_be_written_is_loaded_without_a_cache(store, trials):
    without_caches(store)
    for trial in trials:
        store.path(trial).chmod(0o500)
    assert len(store.load()) == 6
    assert not list(store.folder.rglob(CACHE))


def test_a_disk_that_cannot_be_written_is_loaded_without_a_cache(store, trials, monkeypatch):
    def refuse(*_):
        raise OSError(30, "Read-only file system")

    without_caches(store)
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.write_bytes", refuse)
        assert len(store.load()) == 6
    assert not list(store.folder.rglob(f"{CACHE}*"))


def test_a_folder_that_went_away_is_not_made_again(store, trials, tmp_path):
    kept = loading.load_trial(store.path(trials[0]))
    rows_cache.write(tmp_path / "gone", "stamp", kept)
    assert not (tmp_path / "gone").exists()


def test_every_value_comes_back_from_the_cache_as_it_is_in_the_rows(store, trials):
    values = [1, 2.5, None, "a", "é", True, [1, {"b": None}], 2**80, 2**53 + 1]
    path = store.path(trials[0]) / "metrics.jsonl"
    path.write_text("".join(json.dumps({"step": n, "x": x}) + "\n" for n, x in enumerate(values)))
    first, again = store.load(), store.load()
    assert first["x"].tolist()[: len(values)] == values
    pd.testing.assert_frame_equal(first, again)


def test_rows_are_read_with_pandas_alone(store, trials):
    frame = store.load()
    for trial in trials[:2]:
        alone = pd.read_json(store.path(trial) / "metrics.jsonl", lines=True)
        mine = frame[frame["trial"] == trial.id].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, mine[list(alone)], check_dtype=False)
