"""Mean error and kinds failed, as bAbI is scored."""

import pytest

from memnets.spec import ModelSpec
from reports.results import read
from reports.views.supervised import questions
from studies import Study, Supervised, TaskSpec
from studies.running.recorder import FolderRecorder
from studies.running.store import ResultStore

# by seed, the errors of three kinds: two means and two numbers of failures
ERRORS = ({1: 0.0, 7: 0.05, 15: 0.25}, {1: 0.1, 7: 0.2, 15: 0.3})


@pytest.fixture
def results(tmp_path):
    study = Study(
        name="words",
        question="Are questions answered?",
        tasks={"babi": TaskSpec("babi", {"kinds": [1, 7, 15]})},
        models={"lstm": ModelSpec("none")},
        procedure=Supervised(updates=1),
        seeds=(0, 1),
    )
    store = ResultStore(tmp_path / "words")
    store.declare(study)
    for trial in study.trials():
        store.begin(trial)
        recorder = FolderRecorder(store, trial)
        place = {"step": 1, "sequences": 1, "seconds": 1.0, "kind": "test", "length": 5}
        scores = {"accuracy": 0.5, "sequence_accuracy": 0.1, "errors": 2.0, "bits": 9.0}
        recorder.row({**place, **scores, "question_error": 0.5})
        for kind, error in ERRORS[trial.seed].items():
            point = {"number": "kind", "value": kind, "trained_low": 1, "trained_high": 15}
            recorder.row({**place, **scores, **point, "question_error": error})
        store.finish(trial, {"parameters": 3, "seconds": 1.0, "sequences": 1, "updates": 1}, {})
    return read(store)


def test_a_trial_has_a_mean_error_and_fails_a_kind_above_five_per_cent(results):
    scores = questions.scores(results).set_index("seed")
    assert scores["mean_error"].tolist() == pytest.approx([0.1, 0.2])
    assert scores["failed"].tolist() == [1, 3] and scores["kinds"].tolist() == [3, 3]


def test_the_tables_have_mean_deviation_and_best(results):
    section = questions.questions(results)
    models, kinds = section.blocks
    row = models.numbers.iloc[0]
    assert row["mean_error"] == pytest.approx(0.15) and row["failed"] == 2
    assert row["mean_error_sd"] == pytest.approx(0.1 / 2**0.5)
    assert row["best_mean_error"] == pytest.approx(0.1) and row["best_failed"] == 1
    assert models.shown["Mean error"].item() == "15.0 % ± 7.1 %"
    assert kinds.numbers["error"].tolist() == pytest.approx([0.05, 0.125, 0.275])
    assert list(kinds.shown.columns) == ["Model", "1", "7", "15"]


def test_other_tasks_have_no_such_section(demo):
    assert questions.questions(read(demo)) is None
