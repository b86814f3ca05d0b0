"""The results of a study on disk: written, read, damaged."""

import errno
import json
import os
import pickle

import numpy as np
import pytest

from studies import ResultStore
from studies.design.data import BadData
from studies.design.identity import identity
from studies.running.files import Unwritable
from studies.running.recorder import FolderRecorder
from studies.running.store import NotResults


def row(step, kind="train", length=None):
    return {"step": step, "kind": kind, "length": length, "bits": step / 2, "entropy": None}


def add(store, trial, *rows):
    recorder = FolderRecorder(store, trial)
    for one in rows:
        recorder.row(one)


def test_rows_come_back_with_the_factors_of_the_stored_trial(store, first):
    store.begin(first)
    add(store, first, row(1), row(1, "test", 2))
    frame = store.load()
    assert list(frame["step"]) == [1, 1]
    assert frame[["trial", "task", "cell", "estimator", "model", "seed"]].iloc[0].tolist() == [
        first.id, "copy", "ntm", "reinforce", "ntm/reinforce", 0,
    ]  # fmt: skip
    assert frame[["min_length", "max_length"]].drop_duplicates().values.tolist() == [[1, 2]]


def test_a_store_without_rows_gives_empty_frames_with_their_columns(store):
    assert {"trial", "cell", "seed", "step"} <= set(store.load().columns)
    assert "error" in store.failures().columns
    assert len(store.facts()) == len(store.failures()) == len(store.trials()) == 0


def test_a_trial_is_done_once_its_facts_are_written(store, first):
    store.begin(first)
    add(store, first, row(1))
    assert not store.is_done(first)
    weights = np.eye(3, dtype=np.float32)
    store.finish(first, {"updates": 1}, {"weights_THN": weights, "heads": np.array(["write"])})
    assert store.is_done(first)
    assert store.facts()["updates"].tolist() == [1]
    trace = store.trace(first.id)
    np.testing.assert_array_equal(trace["weights_THN"], weights)
    assert trace["heads"].tolist() == ["write"]


def test_nothing_is_pickled(store, first):
    store.begin(first)
    with pytest.raises(ValueError, match="pickle"):
        store.finish(first, {}, {"heads": np.array([object()])})
    assert not store.is_done(first)
    path = store.path(first) / "trace.npz"
    path.write_bytes(pickle.dumps({"heads": 1}))
    with pytest.raises(NotResults, match="no trace"):
        store.trace(first)


def test_a_failure_is_kept_until_the_trial_is_begun_again(store, first):
    store.begin(first)
    store.fail(first, {"error": "ValueError: no", "traceback": "Traceback…"})
    failures = store.failures()
    assert failures[["trial", "error"]].values.tolist() == [[first.id, "ValueError: no"]]
    store.begin(first)
    assert len(store.failures()) == 0


def test_trials_of_an_earlier_version_of_the_study_stay_on_disk_and_out_of_the_frame(
    store, study, first
):
    import dataclasses

    store.begin(first)
    add(store, first, row(1))
    store.declare(dataclasses.replace(study, seeds=(1,)))
    assert len(store.load()) == 0
    assert len(store.rows(first)) == 1
    store.declare(study)
    assert len(store.load()) == 1


def test_a_new_label_reaches_the_stored_trial(store, first):
    import dataclasses

    store.begin(first)
    store.begin(dataclasses.replace(first, model_label="mine"))
    assert [trial.model_label for trial in store.trials()] == ["mine"]


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("…")
    with pytest.raises(NotResults, match="is not a results folder") as caught:
        ResultStore(tmp_path)
    assert "\n" not in str(caught.value)
    with pytest.raises(NotResults, match="is not a results folder"):
        ResultStore(tmp_path / "thesis.tex")


def test_a_folder_that_is_not_there_has_no_results_yet(tmp_path):
    with pytest.raises(NotResults, match="no results yet"):
        ResultStore(tmp_path / "runs").load()


def test_a_folder_holds_one_study(store, study):
    import dataclasses

    with pytest.raises(BadData, match="holds the study 'tiny', not 'other'"):
        store.declare(dataclasses.replace(study, name="other"))


MODEL_5 = '{"task": {}, "model": 5, "procedure": {}, "seed": 0, "columns": {}}'
DAMAGES = ["", "{", "[]", "{}", '{"min_length": 1, "max_length": 2}', MODEL_5]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_trial_file_is_named_and_can_be_written_anew(store, first, damage):
    store.begin(first)
    add(store, first, row(1))
    path = store.path(first) / "trial.json"
    path.write_text(damage)
    for use in (store.load, lambda: store.begin(first)):
        with pytest.raises(NotResults, match=r"\. Delete this file") as caught:
            use()
        assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    path.unlink()
    with pytest.raises(NotResults, match="is missing"):
        store.load()
    store.begin(first)
    assert len(store.load()) == 1


def test_a_trial_of_a_backend_that_is_not_installed_is_read_and_keeps_its_id(store, first):
    store.begin(first)
    add(store, first, row(1))
    path = store.path(first) / "trial.json"
    data = json.loads(path.read_text())
    data["procedure"]["backend"] = "somebodys"
    gone = identity({name: data[name] for name in first.to_json()})
    store.path(first).rename(store.path(gone))
    (store.path(gone) / "trial.json").write_text(json.dumps(data))
    header = store.folder / "study.json"
    header.write_text(json.dumps(json.loads(header.read_text()) | {"trials": [gone]}))
    (trial,) = store.trials()
    assert trial.id == gone and trial.procedure.row_key == first.procedure.row_key
    assert store.load()[["trial", "procedure", "bits"]].values.tolist() == [
        [gone, "supervised", 0.5]
    ]
    with pytest.raises(BadData, match="'supervised' cannot be run here: .*'somebodys'"):
        trial.procedure.takes(trial.task.build())


def test_settings_that_were_edited_into_nonsense_are_found(store, first):
    store.begin(first)
    path = store.path(first) / "trial.json"
    path.write_text(path.read_text().replace('"updates": 6', '"updates": 0'))
    with pytest.raises(NotResults, match="edited or copied. Delete this file"):
        store.trials()


def test_a_damaged_line_in_the_middle_is_named(store, first):
    store.begin(first)
    (store.path(first) / "metrics.jsonl").write_text('{"step": 1}\n{"st\n{"step": 2}\n')
    with pytest.raises(NotResults, match="metrics.jsonl"):
        store.load()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("5", "is 5, not an object of columns and values"),
        ("[1]", "is [1], not an object"),
        ("null", "is None, not an object"),
        ('{"bits": Infinity}', "Infinity is no finite number"),
        ('{"bits": NaN}', "NaN is no finite number"),
        ('{"bits": 1e999}', "has bits inf, which is not finite"),
        ('{"bits": }', "is not JSON"),
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("\xff", "is not JSON"),
    ],
)
def test_a_line_that_is_no_row_is_named_with_file_and_line(store, first, text, said):
    store.begin(first)
    path = store.path(first) / "metrics.jsonl"
    path.write_bytes(b'{"step": 1}\n' + text.encode("latin-1") + b'\n{"step": 2}\n')
    with pytest.raises(NotResults) as caught:
        store.load()
    message = str(caught.value)
    assert message.startswith(f"{path}, line 2, ") and said in message and "\n" not in message
    assert f"delete {store.path(first)}" in message


@pytest.mark.parametrize(
    "text", ["[]", "5", '"x"', "null", '{"rows": "2"}', '{"seconds": NaN}', ""]
)
@pytest.mark.parametrize("name", ["done.json", "failed.json"])
def test_facts_that_are_none_are_named_with_the_file(store, first, name, text):
    store.begin(first)
    add(store, first, row(1))
    path = store.path(first) / name
    path.write_text(text)
    uses = {"done.json": (store.load, store.facts, lambda: store.is_done(first))}
    for use in uses.get(name, (store.failures,) if "rows" not in text else ()):
        with pytest.raises(NotResults, match=r"Delete it and run the study again\.$") as caught:
            use()
        assert str(path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("key", ["trials", "procedures"])
@pytest.mark.parametrize("value", [5, "abc", [1], {"a": "1"}, {"a": True}])
def test_a_study_file_of_other_trials_than_ids_or_other_counts_is_named(store, key, value):
    (store.folder / "study.json").write_text(json.dumps(store.study | {key: value}))
    with pytest.raises(NotResults, match=r"study.json is not a study's: run the study again"):
        store.load()


def test_a_full_disk_is_one_clear_line_and_loses_nothing(store, first, monkeypatch):
    store.begin(first)
    add(store, first, row(1))

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(Unwritable, match="No space left on device") as caught:
            store.finish(first, {"updates": 1})
    assert "\n" not in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert not store.is_done(first)
    assert len(store.rows(first)) == 1
    assert not list(store.path(first).glob("*.partial"))
