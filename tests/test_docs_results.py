"""Tables of published pages are those that a command makes of the csv files beside them."""

import runpy
from pathlib import Path

import pytest

from studies import studies

RESULTS = Path(__file__).parents[1] / "docs" / "results"
TABLES = runpy.run_path(str(RESULTS / "tables.py"))
FLAGSHIP, MEMORIES = RESULTS / "discrete_vs_soft", RESULTS / "memories"
RECALL = RESULTS / "multi_query"
# copy's files are of an earlier layout
TASKS = TABLES["tasks"](FLAGSHIP, "solving")
OF_ALL = TABLES["tasks"](MEMORIES, "models")
BY_STATE = TABLES["tasks"](RECALL, "sizes")


def test_the_pages_have_files():
    assert len(TASKS) == 4 and OF_ALL and BY_STATE


@pytest.mark.parametrize("task", TASKS)
def test_the_flagships_tables_are_those_of_its_files(task):
    made = TABLES["solving"](FLAGSHIP, task)
    # 4 memories in 5 ways and an LSTM, below two lines of head
    assert len(made.splitlines()) == 4 * 5 + 1 + 2
    assert made in (RESULTS / "discrete_vs_soft.md").read_text("utf-8")


@pytest.mark.parametrize("task", OF_ALL)
def test_the_tables_of_all_memories_are_those_of_their_files(task):
    made = TABLES["accuracy"](MEMORIES, task)
    # every model of the study, below two lines of head
    assert len(made.splitlines()) == len(studies.get("memories")().models) + 2
    assert made in (RESULTS / "memories.md").read_text("utf-8")


def test_the_overview_has_a_row_for_each_model_and_a_column_for_each_task():
    head, _, *rows = TABLES["overview"](MEMORIES).splitlines()
    assert head.count("|") == 2 + len(OF_ALL)
    assert len(rows) == len(studies.get("memories")().models)
    assert TABLES["overview"](MEMORIES) in (RESULTS / "memories.md").read_text("utf-8")


@pytest.mark.parametrize("task", BY_STATE)
def test_the_tables_of_recall_are_those_of_their_files(task):
    page = (RESULTS / "multi_query.md").read_text("utf-8")
    by_state, every = (TABLES[name](RECALL, task) for name in ("states", "accuracy"))
    # 5 memories in 2 ways at 3 sizes, below two lines of head
    assert len(by_state.splitlines()) == 5 * 2 + 2
    assert len(every.splitlines()) == 5 * 2 * 3 + 2
    assert by_state in page and every in page
