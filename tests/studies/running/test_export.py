"""A study's rows in the forms of other tools."""

import importlib.util
import json
import sys

import pandas as pd
import pytest

from memnets.cli.main import main
from studies.design.data import BadData
from studies.running.export import export
from studies.running.recorder import FolderRecorder


def evaluation(step, level):
    for address, length in (("own", 1), ("own", 2), ("own", 3), ("soft", 1)):
        accuracy = level + length / 100 if address == "own" else 0.0
        row = {"step": step, "sequences": 2 * step, "seconds": 0.5, "kind": "test"}
        yield {**row, "address": address, "length": length, "accuracy": accuracy, "excess": None}


@pytest.fixture
def filled(store, study):
    """Two models and two seeds, tested twice at three lengths of which two are trained."""
    for trial in [trial for trial in study.trials() if trial.model.cell == "ntm"]:
        store.begin(trial)
        recorder = FolderRecorder(store, trial)
        recorder.row({"step": 0, "kind": "train", "length": None, "accuracy": 0.1})
        for step in (0, 4):
            for row in evaluation(step, 0.5 + step / 10 + trial.seed / 1000):
                recorder.row(row)
        store.finish(trial, {})
    return store


def test_csv_has_every_row_with_its_factors(filled, tmp_path):
    path = export(filled, "csv", tmp_path / "out")
    found, wanted = pd.read_csv(path), filled.load()
    assert list(found) == list(wanted)
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False)


def test_marl_eval_has_environment_task_algorithm_run_step_and_absolute_metrics(filled, tmp_path):
    found = json.loads(export(filled, "marl-eval", tmp_path).read_text())
    assert list(found) == ["tiny"] and list(found["tiny"]) == ["copy"]
    models = found["tiny"]["copy"]
    assert {name: list(runs) for name, runs in models.items()} == {
        "ntm/reinforce": ["seed_0", "seed_1"],
        "ntm/soft": ["seed_0", "seed_1"],
    }
    run = models["ntm/soft"]["seed_1"]
    assert set(run) == {"step_1", "step_2", "absolute_metrics"}
    # the mean over lengths 1 and 2, which were trained
    assert run["step_1"] == {"step_count": 0, "accuracy": [pytest.approx(0.516)]}
    assert run["step_2"] == {"step_count": 4, "accuracy": [pytest.approx(0.916)]}
    assert run["absolute_metrics"] == {"accuracy": [pytest.approx(0.916)]}


def test_a_study_without_tests_has_an_empty_marl_eval_file(store, tmp_path):
    assert json.loads(export(store, "marl-eval", tmp_path).read_text()) == {"tiny": {}}


def test_parquet_without_pyarrow_is_one_line(filled, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(BadData, match="Parquet needs pyarrow: `pip install pyarrow`") as caught:
        export(filled, "parquet", tmp_path)
    assert "\n" not in str(caught.value) and not list(tmp_path.glob("*.parquet"))


@pytest.mark.skipif(importlib.util.find_spec("pyarrow") is None, reason="pyarrow is optional")
def test_parquet_has_every_row(filled, tmp_path):
    found = pd.read_parquet(export(filled, "parquet", tmp_path))
    pd.testing.assert_frame_equal(found, filled.load(), check_dtype=False)


def test_the_command_names_the_file_and_refuses_other_forms(filled, capsys):
    place = ["--folder", str(filled.folder.parent)]
    assert main(["study", "export", filled.folder.name, "csv", *place]) == 0
    assert capsys.readouterr().out.strip() == str(filled.folder / "export" / "rows.csv")
    assert main(["study", "export", filled.folder.name, "xls", *place]) == 2
    assert "there are csv, parquet, marl-eval" in capsys.readouterr().err
