import json
import re
import shutil

import pytest

from reports import sections
from reports.blocks import Paragraph, Section
from reports.chapters import chapters, view_of
from reports.results import read
from reports.views import views
from reports.views.gradients.view import Gradients
from reports.views.rows import Rows
from reports.views.supervised.view import Supervised

from .pages import without_figures


@pytest.fixture
def registered(monkeypatch):
    """Names for this test alone."""
    monkeypatch.setattr(views, "_registered", dict(views._registered))
    monkeypatch.setattr(sections.sections, "_registered", {})


def test_each_procedure_has_the_view_of_its_name():
    assert isinstance(view_of("supervised"), Supervised)
    assert isinstance(view_of("gradients"), Gradients)


def test_a_study_of_several_procedures_shows_the_view_of_each(both):
    trained, measured = chapters(read(both))
    assert (trained.title, measured.title) == ("supervised", "gradients")
    assert trained.key_numbers[-2].text == "4 / 4" and measured.key_numbers[0].text == "30 / 30"
    text = without_figures(both)
    found = re.findall(r'<section id="([^"]+)"', text)
    assert {"supervised-learning", "gradients-estimators", "reproduce"} <= set(found)
    assert len(found) == len(set(found))
    compared = "memory trained and tested with one slot minus memory trained and tested soft"
    for words in (compared, "of measuring", "Learning (supervised)"):
        assert words in text


def test_each_view_gets_the_trials_of_its_procedure_only(both):
    results = read(both)
    for procedure, count in (("supervised", 4), ("gradients", 30)):
        own = results.of(procedure)
        ids = {trial.id for trial in own.trials}
        assert len(own.facts) == own.planned == len(ids) == count
        for frame in (own.rows, own.facts, own.everything):
            assert set(frame["trial"]) == ids


def test_trials_that_were_not_begun_count_as_planned_for_their_procedure(both):
    gone = next(trial for trial in both.trials() if trial.procedure.name == "supervised")
    shutil.rmtree(both.path(gone))
    trained, measured = chapters(read(both))
    assert trained.key_numbers[-2].text == "3 / 4" and measured.key_numbers[0].text == "30 / 30"
    assert "1 of 4 trials have not finished yet." in trained.answer.caveats


def test_a_study_run_by_an_earlier_version_has_no_such_counts(both):
    path = both.folder / "study.json"
    path.write_text(json.dumps({k: v for k, v in both.study.items() if k != "procedures"}))
    assert [read(both).of(name).planned for name in ("supervised", "gradients")] == [4, 30]


def test_without_a_view_the_last_rows_are_shown_series_by_series(store_of, monkeypatch):
    monkeypatch.setattr("reports.chapters.view_of", lambda procedure: Rows("no view was found"))
    (chapter,) = chapters(read(store_of(names=("ntm/soft",), seeds=(0, 1))))
    assert chapter.answer.sentence.endswith("instead, because no view was found.")
    (table,) = chapter.sections[0].blocks
    # two trials: a row of training, six test lengths under four addresses and four under the two
    # controls that are tested at the end
    assert (
        len(table.shown) == 2 * (1 + 6 * 4 + 4 * 2)
        and "for each kind, length and address" in table.caption
    )
    assert {"Task", "Model", "Seed", "Step", "Accuracy"} <= set(table.shown)
    assert "Estimator" not in table.shown


def test_the_page_says_which_view_was_looked_for():
    reason = view_of("pairs_of_mine").reason
    assert reason == "no view of 'pairs_of_mine' is registered in the group memnets.views"
    # a reference is no name, and what it refers to is no view
    assert "no view of 'json:loads'" in view_of("json:loads").reason


def test_a_view_that_does_not_import_is_named_and_its_rows_are_shown(monkeypatch):
    from importlib.metadata import EntryPoint

    broken = EntryPoint("broken", "no_such_module:View", "memnets.views")
    monkeypatch.setattr(type(views), "_plugin", lambda self, name: broken)
    monkeypatch.setattr(type(views), "__contains__", lambda self, name: True)
    assert "'broken' from no_such_module:View does not import" in view_of("broken").reason


def test_a_registered_section_follows_those_of_the_view(registered, store_of):
    @sections.sections.register("supervised.count")
    def count(results):
        return Section("count", "Counted", (Paragraph(f"{len(results.facts)} are here"),))

    @sections.sections.register("supervised.nothing")
    def nothing(results):
        return None

    @sections.sections.register("gradients.other")
    def other(results):
        raise AssertionError("asked for another procedure")

    text = without_figures(store_of(names=("ntm/soft",), seeds=(0, 1)))
    found = re.findall(r'<section id="([^"]+)"', text)
    assert found[-4:] == ["addressing", "count", "ledger", "reproduce"] and "2 are here" in text


def test_a_section_that_does_not_import_costs_no_report(registered, demo, monkeypatch):
    from importlib.metadata import EntryPoint

    results = read(demo)
    broken = EntryPoint("supervised.lost", "no_such_module:lost", "memnets.sections")
    monkeypatch.setattr(type(sections.sections), "_plugin", lambda self, name: broken)
    monkeypatch.setattr(type(sections.sections), "__iter__", lambda self: iter([broken.name]))
    (found,) = sections.registered("supervised", results)
    assert "does not import" in found.blocks[0].text
