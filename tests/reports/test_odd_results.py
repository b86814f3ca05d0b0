"""Reports of results that lack something or say something odd, and of folders in the way."""

import errno
import json
import os

import pytest
from markupsafe import escape

from memnets.spec import ModelSpec
from reports import build
from reports.failures import failures
from reports.results import read
from reports.views.supervised import sections
from reports.views.supervised.addressing import addressing
from studies.running.files import Unwritable
from studies.running.store import NotResults, ResultStore

from .pages import PAIR, Page

EVIL = '<script>alert("1")</script>'


def test_names_errors_and_tracebacks_are_escaped(store_of, tmp_path):
    store = store_of(
        names=("ntm/soft",),
        failing=("ntm/soft",),
        question=f"Is {EVIL} safe?",
        traceback=f"Traceback\n{EVIL}\nValueError: {EVIL}",
    )
    header = store.folder / "study.json"
    header.write_text(header.read_text().replace('"name": "demo"', '"name": "<b>demo</b>"'))
    text = build(store, tmp_path / "report").read_text()
    # the page's own, and no other
    assert text.count("<script") == 1 and "<b>demo" not in text
    assert text.count("&lt;script&gt;alert(&#34;1&#34;)") >= 3
    assert "&lt;b&gt;demo" in text


def test_a_section_that_does_not_apply_is_left_out(store_of):
    results = read(store_of(names=("none/lstm",), seeds=(0,)))
    assert addressing(results) is None
    assert failures(results) is None
    assert sections.statistics(results) is not None


def test_a_study_with_nothing_finished_still_has_a_report(store_of, tmp_path):
    store = store_of(names=PAIR, left_out=PAIR)
    text = build(store, tmp_path / "report").read_text()
    assert Page(text).sections == ["failures", "reproduce"]
    assert "no trial has finished" in text and "6 of 6 trials have not finished" in text


def test_a_study_with_nothing_but_failures_shows_why(store_of, tmp_path):
    text = build(store_of(names=PAIR, failing=PAIR), tmp_path / "report").read_text()
    assert Page(text).sections == ["failures", "ledger", "reproduce"]
    assert "every trial failed" in text
    assert text.count("<details>") == 6 and "ValueError: cost is nan" in text


def test_a_folder_without_a_study_is_refused(tmp_path):
    with pytest.raises(NotResults, match="no results yet"):
        build(ResultStore(tmp_path / "nothing"), tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_a_lost_trace_costs_its_figure_and_no_report(store_of):
    store = store_of(names=PAIR, seeds=(0,))
    lost, kept = (trial.id for trial in store.trials())
    (store.folder / lost / "trace.npz").write_bytes(b"half")
    (picture,) = addressing(read(store)).blocks
    assert picture.name == "addressing-ntm-reinforce"


def rewritten(store, rows=lambda row: row, facts=lambda facts: facts):
    """The store with other rows and facts, as somebody's own procedure may write them."""
    for done in store.folder.glob("*/done.json"):
        done.write_text(json.dumps(facts(json.loads(done.read_text()))))
        path = done.with_name("metrics.jsonl")
        kept = [rows(json.loads(line)) for line in path.read_text().splitlines()]
        path.write_text("".join(f"{json.dumps(row)}\n" for row in kept))
    return store


UNKNOWN = [
    ({"seconds": None}, {"seconds": None}),
    ({"seconds": None, "sequences": None}, {"seconds": None, "sequences": None, "updates": None}),
    ({"seconds": "long"}, {"seconds": [1], "parameters": "many", "sequences": True}),
]


@pytest.mark.usefixtures("svg_only")
@pytest.mark.parametrize(("rows", "facts"), UNKNOWN)
def test_times_and_counts_that_are_unknown_are_left_out(store_of, tmp_path, rows, facts):
    store = store_of(names=("none/lstm", "ntm/soft"), seeds=(0, 1))
    store = rewritten(store, lambda row: {**row, **rows}, lambda known: {**known, **facts})
    text = build(store, tmp_path / "report").read_text(encoding="utf-8")
    assert "0 s of training" not in text and ">nan<" not in text


@pytest.mark.usefixtures("svg_only")
def test_trials_without_facts_say_no_time(store_of, tmp_path):
    store = rewritten(store_of(names=("none/lstm", "ntm/soft"), seeds=(0,)), facts=lambda known: {})
    text = build(store, tmp_path / "report").read_text(encoding="utf-8")
    assert "0 s of training" not in text


@pytest.mark.usefixtures("svg_only")
def test_without_tests_the_answer_names_no_accuracy(store_of, tmp_path):
    store = rewritten(
        store_of(names=("none/lstm", "ntm/soft"), seeds=(0,)),
        lambda row: {**row, "accuracy": None},
    )
    text = build(store, tmp_path / "report").read_text(encoding="utf-8")
    answer = text[text.index('class="answer"') :].partition("</p>")[0]
    assert "no test at the trained lengths has an accuracy" in answer and "n = 0" not in answer


def test_a_label_is_text_and_nothing_else(store_of, tmp_path):
    labels = ["$x_{$", "\\frac{$a$}", "a$b$c", "a\ud800", "\udfff"]
    slots = range(8, 8 + len(labels))
    specs = {
        label: ModelSpec("ntm", cell_options={"slots": count})
        for label, count in zip(labels, slots, strict=True)
    }
    store = store_of(specs={**specs, "other": ModelSpec("none")}, tasks=("copy",), seeds=(0, 1))
    text = build(store, tmp_path / "report").read_text(encoding="utf-8")
    for label in labels:
        shown = label.encode("utf-8", "backslashreplace").decode()
        assert str(escape(shown)) in text


@pytest.mark.usefixtures("svg_only")
def test_a_link_to_a_folder_of_figures_is_followed_and_nothing_there_is_lost(store_of, tmp_path):
    paper = tmp_path / "paper"
    paper.mkdir()
    (paper / "mine.svg").write_text("mine")
    report = tmp_path / "report"
    report.mkdir()
    (report / "figures").symlink_to(paper)
    (report / "tables").symlink_to(tmp_path / "not yet there")
    for _ in range(2):
        build(store_of(names=("ntm/soft",), seeds=(0,)), report)
    assert (paper / "mine.svg").read_text() == "mine" and len(list(paper.glob("*.png"))) > 1
    assert (report / "figures").is_symlink() and list((tmp_path / "not yet there").glob("*.csv"))


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.EROFS, "take another folder"), (errno.EACCES, "right to write"), (28, "make room")],
)
def test_a_report_that_cannot_be_written_is_one_line(
    store_of, tmp_path, monkeypatch, number, remedy
):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    store = store_of(names=("ntm/soft",), seeds=(0,))
    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    with pytest.raises(Unwritable, match=remedy) as caught:
        build(store, tmp_path / "report")
    message = str(caught.value)
    assert str(tmp_path / "report") in message and "\n" not in message
    assert ("make room" in message) == (number == errno.ENOSPC)
