"""The report of a study with a search, from a store with known numbers."""

import dataclasses

import pytest

from reports import build
from reports.ledger import counts, ledger
from reports.results import read
from reports.views.tuning import frames, sections
from reports.views.tuning.view import Tuning as View
from studies import Criterion, ResultStore

from ...tuned import ERRORS, SETTLED, declared, make, stored


@pytest.fixture
def store(tmp_path):
    return stored(tmp_path, declared())


def of_search(store):
    return read(store).of("tuning")


def test_every_setting_has_its_mean_score_and_the_best_is_chosen(store):
    frame = frames.settings(of_search(store))
    assert frames.names(frame) == ["clip_norm", "learning_rate"]
    found = frame.set_index(["model", "learning_rate", "clip_norm"])
    for model, errors in ERRORS.items():
        for (rate, clip), wrong in errors.items():
            assert found.loc[(model, rate, clip), "score"] == pytest.approx(wrong)
    chosen = frame[frame["chosen"]].set_index("model")
    assert chosen["learning_rate"].to_dict() == {"lstm": 0.01, "ntm": 0.001}
    assert chosen["clip_norm"].to_dict() == {"lstm": 9.0, "ntm": 1.0}
    assert set(frame["seeds"]) == {2} and set(frame["failed"]) == {0}


def test_sensitivity_is_the_best_score_with_each_value(store):
    results = of_search(store)
    found = frames.by_value(results, frames.settings(results), "learning_rate")
    assert found.set_index(["model", "value"])["score"].to_dict() == {
        ("lstm", 0.001): 7,
        ("lstm", 0.01): 5,
        ("ntm", 0.001): 1,
        ("ntm", 0.01): 9,
    }
    section = sections.sensitivity(of_search(store))
    assert "The widest spread is ntm's over learning_rate: 8" in section.blocks[0].says


def test_a_setting_that_failed_has_no_score(tmp_path):
    store = stored(tmp_path, declared(), broken=[("ntm", (0.001, 1), 8)])
    frame = frames.settings(of_search(store)).set_index(["model", "learning_rate", "clip_norm"])
    lost = frame.loc[("ntm", 0.001, 1.0)]
    assert lost["failed"] == 1 and lost["score"] != lost["score"] and not lost["chosen"]
    assert frame.loc[("ntm", 0.001, 9.0), "chosen"]
    table = sections.tried(of_search(store)).blocks[0].shown
    assert table.loc[table["Failed"] == "1", "Score"].tolist() == ["–"]


def test_where_more_is_better_the_sensitivity_is_of_the_most(tmp_path):
    store = stored(tmp_path, declared(criterion=Criterion(column="accuracy", maximise=True)))
    caption = sections.sensitivity(of_search(store)).blocks[0].caption
    assert "the most accuracy at trained lengths" in caption
    assert frames.settings(of_search(store)).query("chosen")["score"].between(0.8, 1).all()


def test_the_answer_names_what_was_chosen(store):
    answer = View().answer(of_search(store))
    assert answer.sentence == (
        "Of 8 settings, these were chosen before the comparison. lstm: clip_norm 9.0 and "
        "learning_rate 0.01; ntm: clip_norm 1.0 and learning_rate 0.001."
    )


def test_the_ledger_counts_search_and_comparison(tmp_path):
    store = stored(tmp_path, declared(), broken=[("ntm", (0.01, 1), 8)])
    found = counts(read(store)).set_index(["procedure", "model"])
    assert found.loc[("tuning", "lstm"), "finished"] == 8
    assert found.loc[("tuning", "ntm"), ["finished", "failed"]].tolist() == [7, 1]
    assert found.loc[("supervised", "ntm"), "seconds"] == 4.0
    assert found.loc[("tuning", "ntm"), "lost_seconds"] == 30.0
    last = ledger(read(store)).blocks[0].shown.iloc[-1]
    assert last["Procedure"] == "all" and last["Finished"] == "19" and last["Failed"] == "1"


def test_the_ledger_counts_attempts_of_trials_that_were_finished_later(tmp_path):
    store = stored(tmp_path, declared(), broken=[("ntm", (0.01, 1), 8)])
    (again,) = (trial for trial in store.trials() if trial.id in set(store.failures()["trial"]))
    store.begin(again)
    store.finish(again, {"seconds": 2.0})
    found = counts(read(store)).set_index(["procedure", "model"]).loc[("tuning", "ntm")]
    assert found[["finished", "failed", "failed_attempts"]].tolist() == [8, 0, 1]
    assert found["lost_seconds"] == 30.0


def test_a_study_of_one_procedure_without_failures_has_a_ledger_once_a_trial_ended(tmp_path):
    plain = dataclasses.replace(declared(), tuning=None, procedure=SETTLED)
    store = ResultStore(tmp_path / "tuned")
    store.declare(plain)
    assert ledger(read(store)) is None
    make(store, plain.trials())
    (table,) = ledger(read(store)).blocks
    assert table.shown["Finished"].tolist() == ["2", "2", "4"]
    assert table.shown["Training time"].tolist() == ["4.0 s", "4.0 s", "8.0 s"]
    assert "n = 4" in table.caption and "tests are left out" in table.caption


@pytest.mark.usefixtures("svg_only")
def test_the_page_has_the_comparison_first_and_then_the_search(store, tmp_path):
    page = build(store, tmp_path / "report").read_text(encoding="utf-8")
    compared, searched = page.index("(supervised)"), page.index("What was chosen (tuning)")
    assert compared < searched < page.index("What all of it took")
    assert (tmp_path / "report" / "tables" / "chosen-settings.csv").is_file()
    # what is compared are the trials on fresh seeds only
    assert "8 settings" in page


@pytest.mark.usefixtures("svg_only")
def test_a_search_without_a_comparison_yet_is_a_report_too(tmp_path):
    store = ResultStore(tmp_path / "tuned")
    study = declared()
    store.declare(study)
    make(store, list(study.trials())[:3])
    page = build(store, tmp_path / "report").read_text(encoding="utf-8")
    assert "What was chosen" in page
