"""Tables of published pages are those that a command makes of the csv files beside them."""

import runpy
from pathlib import Path

import pytest

RESULTS = Path(__file__).parents[1] / "docs" / "results"
TABLES = runpy.run_path(str(RESULTS / "tables.py"))
FLAGSHIP = RESULTS / "discrete_vs_soft"
# copy's files are of an earlier layout
TASKS = sorted(path.name.removesuffix("-solving.csv") for path in FLAGSHIP.glob("*-solving.csv"))


@pytest.mark.parametrize("task", TASKS)
def test_the_flagships_tables_are_those_of_its_files(task):
    made = TABLES["solving"](FLAGSHIP, task)
    # 4 memories in 5 ways and an LSTM, below two lines of head
    assert len(made.splitlines()) == 4 * 5 + 1 + 2
    assert made in (RESULTS / "discrete_vs_soft.md").read_text("utf-8")
