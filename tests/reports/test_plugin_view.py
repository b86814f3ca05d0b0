"""The view of a procedure from another package, and its report without the view."""

import sys

import pytest

from memnets.spec import ModelSpec
from reports import build
from reports.views import views
from studies import ResultStore, Study, TaskSpec, run
from studies.procedures.base import procedures


@pytest.fixture
def counted(plugin, tmp_path, monkeypatch):
    """A finished study of the plug-in's procedure."""
    for folder in plugin:
        monkeypatch.syspath_prepend(folder)
    study = Study(
        name="counted",
        question="How many ones has a task?",
        tasks={name: TaskSpec(name, {"max_length": 2}) for name in ("copy", "repeat_copy")},
        models={"none": ModelSpec("none")},
        procedure=procedures.get("tally")(steps=3),
        seeds=(0, 1),
    )
    store = ResultStore(tmp_path / "counted")
    run(study, store, workers=0, quiet=True)
    yield store
    for name in [name for name in sys.modules if name.partition(".")[0] == "memnets_ring"]:
        del sys.modules[name]


def test_an_installed_view_is_found_by_name_and_shown_with_its_section_and_figure(
    counted, tmp_path
):
    assert views.summary("tally").startswith("plug-in memnets_ring.tally_view:TallyView")
    assert "memnets_ring.tally_view" not in sys.modules
    page = build(counted, tmp_path / "report")
    text = page.read_text(encoding="utf-8")
    for words in ("Most ones are in the ", "ones per batch at most", "Ones of repeat_copy"):
        assert words in text
    assert 'id="tally-copy"' in text and (page.parent / "figures" / "tally-copy.svg").is_file()


def test_its_rows_are_reported_where_the_view_is_not_installed(counted, tmp_path, monkeypatch):
    monkeypatch.setattr(views, "group", "memnets.views_of_nobody")
    page = build(counted, tmp_path / "report")
    text = page.read_text(encoding="utf-8")
    assert "no view of &#39;tally&#39; is registered" in text
    table = (page.parent / "tables" / "rows.md").read_text(encoding="utf-8").splitlines()
    # two tasks, two seeds, and a series of rows for inputs and one for targets
    assert len(table) == 2 + 2 * 2 * 2 and "Ones" in table[0] and "Channels" in table[0]
