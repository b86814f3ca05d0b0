import re
import subprocess
import sys

import pytest
from matplotlib.figure import Figure

from memnets.spec import ModelSpec
from reports import build, document
from reports.blocks import Paragraph, Picture, Section
from reports.document import _unique
from reports.results import read
from reports.views.supervised import sections
from studies.design.study import studies
from studies.running.store import ResultStore

from .pages import Page, files, without_figures

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


def test_a_report_built_twice_is_the_same_to_the_byte(store_of, tmp_path, monkeypatch):
    store = store_of(names=("ntm/soft",), seeds=(0, 1))
    before = {n: path.read_bytes() for n, path in files(build(store, tmp_path).parent).items()}
    # the second time its rows are written by a process of their own
    monkeypatch.setattr(document, "MANY", 1)
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


def test_any_label_has_files_of_its_own(store_of, tmp_path):
    specs = {}
    for cell, label in (("ntm", "lr=0.001, " * 30), ("sam", "λ" * 40)):
        specs[f"{label}α"] = ModelSpec(cell, "soft")
        specs[f"{label}β"] = ModelSpec(cell, "reinforce")
    page = build(store_of(specs=specs, seeds=(0,)), tmp_path / "report")
    drawn = {path.name for path in (page.parent / "figures").glob("addressing-*.svg")}
    assert len(drawn) == 4 and all(len(name) < 120 for name in drawn)


def test_the_page_says_how_to_get_the_same_numbers(text):
    for words in ("memnets report demo", "torch 2.13.0", "0123456789abcdef", "max_length = 8"):
        assert words in text
    assert "Threads per trial" in text and "Seeds" in text


def test_the_command_of_a_study_is_given_only_where_it_makes_these_trials(tmp_path, text):
    store = ResultStore(tmp_path / "demo")
    study = studies.get("demo")()
    store.declare(study)
    for trial in study.trials():
        store.begin(trial)
    assert "memnets study run demo" in without_figures(store)
    # the demo of these tests is another one
    assert "memnets report demo" in text and "memnets study run" not in text


@pytest.mark.slow
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
