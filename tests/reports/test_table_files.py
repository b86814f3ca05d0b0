import math

import pandas as pd

from reports import table_files
from reports.blocks import Table
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


def test_a_latex_table_is_escaped_and_ruled():
    shown = pd.DataFrame({"Model_": ["ntm/straight_through"], "A %": ["−6.1 %"]})
    text = table_files.to_latex(Table("t", "t", "t", shown, shown))
    assert "\\toprule" in text and "\\bottomrule" in text
    assert "straight\\_through" in text and "-6.1 \\%" in text and "Model\\_" in text
    assert text.isascii()


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
