import math

import pandas as pd

from reports import table_files
from reports.results import read
from reports.views.supervised import tables


def test_a_github_table_survives_pipes_and_line_breaks():
    frame = pd.DataFrame({"Model": ["a|b", "c\nd"], "n": ["3", "4"]})
    assert table_files.to_markdown(frame).splitlines() == [
        "| Model | n |",
        "| --- | ---: |",
        "| a\\|b | 3 |",
        "| c d | 4 |",
    ]


def test_the_stored_numbers_are_not_rounded(demo, tmp_path):
    results = read(demo)
    table_files.write(tables.models(results), tmp_path)
    read_back = pd.read_csv(tmp_path / "models.csv")
    value = read_back.set_index("model").loc["ntm/soft", "value"]
    assert math.isclose(
        value, tables.models(results).numbers.set_index("model").loc["ntm/soft", "value"]
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "models.csv",
        "models.md",
        "models.tex",
    ]
