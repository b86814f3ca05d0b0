import errno
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from markupsafe import escape
from matplotlib.figure import Figure

from memnets.spec import ModelSpec
from reports import build
from reports.blocks import Paragraph, Picture, Section
from reports.document import _unique
from reports.failures import failures
from reports.results import read
from reports.views.supervised import sections
from reports.views.supervised.addressing import addressing
from studies.design.study import studies
from studies.running.files import Unwritable
from studies.running.store import NotResults, ResultStore

EVIL = '<script>alert("1")</script>'
PAIR = ("ntm/soft", "ntm/reinforce")
ALL_SECTIONS = [
    *(
        "learning",
        "accuracy",
        "controls",
        "lengths",
        "gap",
        "load",
        "time",
        "statistics",
        "addressing",
    ),
    *("failures", "ledger", "reproduce"),
]


class Page(HTMLParser):
    """What a browser would make of a page: elements, links, section ids."""

    void = frozenset(["meta", "link", "br", "img", "input", "hr"])

    def __init__(self, text):
        super().__init__()
        self.sections, self.links, self.tags, self.open = [], [], set(), []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.add(tag)
        if tag not in self.void:
            self.open.append(tag)
        if tag == "section":
            self.sections.append(found["id"])
        for name in ("href", "src", "xlink:href"):
            if name in found:
                self.links.append(found[name])

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.void:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def files(folder):
    return {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def folder(demo, tmp_path_factory):
    return build(demo, tmp_path_factory.mktemp("report")).parent


@pytest.fixture(scope="module")
def text(folder):
    return (folder / "index.html").read_text(encoding="utf-8")


def test_a_report_has_every_section_and_a_contents_entry_for_each(text):
    page = Page(text)
    assert page.sections == ALL_SECTIONS
    assert [link for link in page.links if link[1:] in ALL_SECTIONS] == [
        f"#{s}" for s in ALL_SECTIONS
    ]


def test_the_page_needs_nothing_from_outside(text, folder):
    page = Page(text)
    assert not page.tags & {"link", "iframe"} and text.count("<script>") == 1
    assert "default-src &#39;none&#39;" in text
    for link in page.links:
        assert link.startswith(("#", "data:image/png;base64,")) or (folder / link).is_file()
    assert not re.search(r"@import|url\((?!#)", text)


def test_beside_the_page_stand_figures_tables_and_rows(folder):
    found = files(folder)
    assert "results.csv" in found
    for name in ("learning-accuracy-sequences", "learning-accuracy-seconds", "final-accuracy"):
        assert {f"figures/{name}.{ending}" for ending in ("svg", "png", "pdf", "csv")} <= set(found)
    for name in ("models", "pairs", "lengths", "settings"):
        assert {f"tables/{name}.{ending}" for ending in ("csv", "md", "tex")} <= set(found)
    heads = [name for name in found if name.startswith("figures/addressing")]
    assert len(heads) == 3 * 5


def test_every_figure_says_what_it_shows_and_how_many_seeds(text):
    captions = re.findall(r"<figcaption[^>]*>(.*?)<span", text, re.DOTALL)
    assert len(captions) >= 10
    for caption in captions:
        assert re.search(
            r"n = \d|one trial|n finished seeds|over n seeds|models as data", caption, re.I
        )


def test_a_report_built_twice_is_the_same_to_the_byte(store_of, tmp_path):
    store = store_of(names=("ntm/soft",), seeds=(0, 1))
    before = {n: path.read_bytes() for n, path in files(build(store, tmp_path).parent).items()}
    again = build(store, str(tmp_path)).parent
    after = {n: path.read_bytes() for n, path in files(again).items()}
    assert before == after


def test_a_rebuilt_report_leaves_no_figure_of_the_one_before(store_of, tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "old.svg").write_text("old")
    (tmp_path / "mine.txt").write_text("keep")
    build(store_of(names=("ntm/soft",), left_out=("ntm/soft",)), tmp_path)
    assert not (tmp_path / "figures" / "old.svg").exists()
    assert (tmp_path / "mine.txt").read_text() == "keep"


def test_every_figure_says_in_a_sentence_what_it_shows(text):
    figures = re.findall(r'<figure id="figure-.*?</figure>', text, re.DOTALL)
    said = [re.findall(r'<p class="says"[^>]*>(.+?)</p>', figure) for figure in figures]
    assert len(figures) >= 14 and all(len(found) == 1 for found in said)
    assert all("nan" not in sentence and sentence.endswith(".") for (sentence,) in said)


def test_ids_occur_once(text):
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids)) and {"gap", "table-gap", "figure-survival"} <= set(ids)


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


def test_tasks_have_figures_of_their_own(store_of):
    store = store_of(names=("ntm/soft",), seeds=(0,), tasks=("copy", "repeat_copy"))
    names = [picture.name for picture in sections.accuracy(read(store)).blocks]
    own = ["final-accuracy-copy", "final-accuracy-repeat-copy"]
    assert names == [*own, "performance-profile"]


def test_like_names_do_not_share_files():
    picture = Picture("grid", "grid", "grid", Figure())
    (section,) = _unique([Section("a", "a", (picture, picture, Paragraph("text"), picture))])
    names = [block.name for block in section.blocks if isinstance(block, Picture)]
    assert names == ["grid", "grid-2", "grid-3"]
    twins = _unique([Section("a", "a"), Section("a", "a")])
    assert [section.slug for section in twins] == ["a", "a-2"]


@pytest.mark.parametrize("label", ["lr=0.001, " * 30, "λ" * 40])
def test_any_label_has_files_of_its_own(store_of, tmp_path, label):
    specs = {f"{label}{end}": ModelSpec("ntm", "soft") for end in "α"}
    specs |= {f"{label}{end}": ModelSpec("ntm", "reinforce") for end in "β"}
    page = build(store_of(specs=specs, seeds=(0,)), tmp_path / "report")
    drawn = {path.name for path in (page.parent / "figures").glob("addressing-*.svg")}
    assert len(drawn) == 2 and all(len(name) < 120 for name in drawn)


def test_the_page_says_how_to_get_the_same_numbers(text):
    for words in ("memnets report demo", "torch 2.13.0", "0123456789abcdef", "max_length = 8"):
        assert words in text
    assert "Threads per trial" in text and "Seeds" in text


def test_the_command_of_a_study_is_given_only_where_it_makes_these_trials(tmp_path, demo):
    store = ResultStore(tmp_path / "demo")
    study = studies.get("demo")()
    store.declare(study)
    for trial in study.trials():
        store.begin(trial)
    assert "memnets study run demo" in build(store, tmp_path / "report").read_text()
    # the demo of these tests is another one
    assert "memnets study run" not in build(demo, tmp_path / "other").read_text()


def test_another_process_makes_the_same_bytes_and_never_imports_torch(store_of, tmp_path):
    store = store_of(names=("ntm/soft",), seeds=(0,))
    code = (
        "import sys; from pathlib import Path; import reports; "
        "assert 'seaborn' not in sys.modules and 'matplotlib' not in sys.modules; "
        "from studies.running.store import ResultStore; "
        "reports.build(ResultStore(Path(sys.argv[1])), Path(sys.argv[2])); "
        "assert 'torch' not in sys.modules"
    )
    arguments = ["-W", "error", "-c", code, str(store.folder), str(tmp_path / "out")]
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made = files(tmp_path / "out")
    own = files(build(store, tmp_path / "own").parent)
    assert set(made) == set(own) and len(made) > 20
    assert not [name for name in own if own[name].read_bytes() != made[name].read_bytes()]


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


@pytest.mark.parametrize(("rows", "facts"), UNKNOWN)
def test_times_and_counts_that_are_unknown_are_left_out(store_of, tmp_path, rows, facts):
    store = store_of(names=("none/lstm", "ntm/soft"), seeds=(0, 1))
    store = rewritten(store, lambda row: {**row, **rows}, lambda known: {**known, **facts})
    text = build(store, tmp_path / "report").read_text(encoding="utf-8")
    assert "0 s of training" not in text and ">nan<" not in text


def test_trials_without_facts_say_no_time(store_of, tmp_path):
    store = rewritten(store_of(names=("none/lstm", "ntm/soft"), seeds=(0,)), facts=lambda known: {})
    text = build(store, tmp_path / "report").read_text(encoding="utf-8")
    assert "0 s of training" not in text


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
