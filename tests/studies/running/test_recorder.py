"""The recorder of a folder: no row twice, none lost without a word."""

import math
import shutil

import numpy as np
import pytest

from studies import ResultStore, run
from studies.design.data import BadData
from studies.running.recorder import FolderRecorder, LostRows
from studies.running.store import NotResults


def row(step, kind="train", length=None, **more):
    return {"step": step, "kind": kind, "length": length, **more}


@pytest.fixture
def first(store, study):
    trial = next(study.trials())
    store.begin(trial)
    return trial


@pytest.fixture
def recorder(store, first):
    return FolderRecorder(store, first)


def test_a_row_that_is_stored_is_not_written_again(store, first, recorder):
    recorder.row(row(1, bits=2.0))
    recorder.row(row(1, "test", 2))
    again = FolderRecorder(store, first)
    assert again.resume() is None
    for one in (row(1, bits=2.0), row(1, "test", 2), row(1, "test", 3)):
        again.row(one)
    assert [one["length"] for one in store.rows(first)] == [None, 2, 3]


def test_half_a_row_is_cut_off_before_the_trial_goes_on_though_it_adds_none(store, first, recorder):
    recorder.row(row(1, bits=2.0))
    rows = store.path(first) / "metrics.jsonl"
    whole = rows.read_bytes()
    rows.write_bytes(whole + b'{"kind": "train", "st')
    again = FolderRecorder(store, first)
    assert again.begin()
    again.row(row(1, bits=2.0))
    again.finish({}, {})
    again.close()
    assert rows.read_bytes() == whole
    assert store.is_done(first)


def test_two_rows_of_one_run_that_row_key_does_not_tell_apart_are_refused(store, first, recorder):
    recorder.row(row(1, part="left"))
    with pytest.raises(BadData, match="two rows of one run have kind train, step 1"):
        recorder.row(row(1, part="right"))
    # a trial that goes on may repeat its rows
    recorder.resume()
    recorder.row(row(1, part="left"))
    assert len(store.rows(first)) == 1


def test_a_row_without_a_column_of_row_key_is_refused(recorder):
    with pytest.raises(BadData, match="a row lacks 'length'"):
        recorder.row({"step": 1, "kind": "train"})


@pytest.mark.parametrize("value", [math.nan, math.inf, np.float32("nan")])
def test_a_row_holds_finite_numbers(store, first, recorder, value):
    with pytest.raises(
        BadData, match="row of kind train, step 1.*: bits is (nan|inf); only finite"
    ):
        recorder.row(row(1, bits=value))
    assert store.rows(first) == []


def test_numbers_of_numpy_are_stored_as_numbers(store, first, recorder):
    recorder.row(row(np.int64(1), bits=np.float32(0.5)))
    assert store.rows(first) == [row(1, bits=0.5)]


def test_a_row_that_json_cannot_hold_is_refused(store, first, recorder):
    with pytest.raises(BadData, match="JSON"):
        recorder.row(row(1, bits=object()))
    assert store.rows(first) == []


def test_the_last_checkpoint_comes_back(store, first, recorder):
    assert recorder.resume() is None
    recorder.row(row(1))
    recorder.save(b"one")
    recorder.save(b"two")
    assert FolderRecorder(store, first).resume() == b"two"


def delete_folder(folder):
    shutil.rmtree(folder)


def delete_rows(folder):
    (folder / "metrics.jsonl").unlink()


def cut_rows(folder):
    path = folder / "metrics.jsonl"
    path.write_bytes(path.read_bytes()[:-5])


@pytest.mark.parametrize("damage", [delete_folder, delete_rows, cut_rows])
def test_rows_that_go_away_during_a_run_end_it_with_the_files_name(store, first, recorder, damage):
    recorder.row(row(1))
    damage(store.path(first))
    for use in (lambda: recorder.row(row(2)), lambda: recorder.save(b"x"), recorder.check):
        with pytest.raises(LostRows, match="rows are lost") as caught:
            use()
        assert str(store.path(first)) in str(caught.value)
    assert not (store.path(first) / "checkpoint.pt").exists()


def test_rows_that_went_away_before_a_checkpoint_are_missed(store, first, recorder):
    recorder.row(row(1))
    recorder.row(row(2))
    recorder.save(b"x")
    path = store.path(first) / "metrics.jsonl"
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    with pytest.raises(LostRows, match="metrics.jsonl holds 1 of the 2 rows"):
        FolderRecorder(store, first).resume()


def test_a_finished_trial_whose_rows_are_gone_is_neither_reported_nor_called_done(store, study):
    assert run(study, store, workers=0, quiet=True).done == 6
    path = store.path(next(study.trials())) / "metrics.jsonl"
    path.unlink()
    for use in (store.load, store.facts, lambda: run(study, store, workers=0, quiet=True)):
        with pytest.raises(NotResults, match="metrics.jsonl holds 0 of the 43 rows") as caught:
            use()
        assert str(path.parent) in str(caught.value)
    shutil.rmtree(path.parent)
    summary = run(study, store, workers=0, quiet=True)
    assert (summary.done, summary.skipped) == (1, 5)
    assert len(store.load()) == 4 * 43 + 2 * 12


def test_a_folder_deleted_during_its_trial_is_a_failed_trial_and_then_made_whole(
    study, tmp_path, monkeypatch
):
    from studies.procedures import training

    store = ResultStore(tmp_path / "runs")
    trial = next(study.trials())
    evaluated = training.evaluated

    def deleting(learner):
        if learner.trial == trial and learner.step == 4:
            shutil.rmtree(store.path(trial))
        return evaluated(learner)

    with monkeypatch.context() as patch:
        patch.setattr(training, "evaluated", deleting)
        assert run(study, store, workers=0, quiet=True).failed == 1
    assert "was changed or deleted while its trial ran" in store.failures()["error"].item()
    assert not store.is_done(trial)
    assert run(study, store, workers=0, quiet=True).done == 1
    assert len(store.rows(trial)) == 43


def test_an_edited_trial_is_found_with_its_files_name(store, study, first):
    FolderRecorder(store, first).row(row(1))
    path = store.path(first) / "trial.json"
    text = path.read_text()
    for old, new in (('"seed": 0', '"seed": 7'), ('"cell": "ntm"', '"cell": "unknown"')):
        assert old in text
        path.write_text(text.replace(old, new))
        with pytest.raises(NotResults, match="describes another trial than its folder's") as caught:
            store.load()
        assert str(path) in str(caught.value)
    # the folder's name says which trial it is of
    store.declare(study)
    assert path.read_text() == text
    assert len(store.load()) == 1
