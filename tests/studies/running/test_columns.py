"""Rows as columns come to the frame that pandas makes of the rows themselves."""

import numpy as np
import pandas as pd
import pytest

from studies.design.data import BadData
from studies.running.columns import Column, Columns, frame

KINDS = {
    "whole numbers": [1, 2, 3],
    "numbers": [1, 2.5, -0.0],
    "numbers of which some are missing": [1, None, 0.5],
    "truths": [True, False, True],
    "truths of which some are missing": [True, None, False],
    "truths and numbers": [True, 1, 1.0],
    "texts": ["a", "b", "a"],
    "texts of which some are missing": ["a", None, "é"],
    "texts and numbers": ["1", 1, None],
    "lists and objects": [[1, "a"], {"b": None}, [1, "a"]],
    "nothing": [None, None, None],
    "whole numbers that no float has": [2**53 + 1, 2**62, 0],
    "whole numbers of more than 64 bits": [2**80, 1, None],
    "the largest number": [1.7976931348623157e308, 5e-324, 0.1],
}


def same(found, wanted):
    assert set(found) == set(wanted) and len(found) == len(wanted)
    for name in wanted:
        missing = wanted[name].isna()
        assert found[name].dtype == (float if missing.all() else wanted[name].dtype), name
        assert found[name].isna().tolist() == missing.tolist(), name
        assert found[name][~missing].tolist() == wanted[name][~missing].tolist(), name


@pytest.mark.parametrize("one", KINDS)
@pytest.mark.parametrize("other", [None, *KINDS])
def test_two_trials_come_to_the_frame_of_their_rows(one, other):
    rows = [{"step": step, "x": value} for step, value in enumerate(KINDS[one])]
    more = [{"step": step, "x": value} for step, value in enumerate(KINDS.get(other, [9]))]
    if other is None:
        more = [{"step": 7}]
    constants = [{"trial": "a", "seed": 0}, {"trial": "b", "seed": 1, "nodes": 2}]
    found = frame(constants, [Columns.of(rows), Columns.of(more)])
    together = zip([*rows, *more], [0] * len(rows) + [1] * len(more), strict=True)
    same(found, pd.DataFrame([{**constants[part], **row} for row, part in together]))


def test_a_column_of_the_rows_goes_before_a_constant_of_its_name():
    parts = [Columns.of([{"length": 3, "bits": 0.5}]), Columns.of([{"bits": 1.5}] * 2)]
    found = frame([{"length": 1}, {"length": 2}], parts)
    assert found.to_dict("list") == {"length": [3, 2, 2], "bits": [0.5, 1.5, 1.5]}


def test_values_that_python_calls_equal_stay_what_they_are():
    values = [True, 1, 1.0, "1", None]
    found = Column.of(values).objects().tolist()
    assert [(type(value), value) for value in found] == [(type(value), value) for value in values]


def test_a_lone_surrogate_is_escaped_since_few_frames_can_hold_it():
    found = frame([{"trial": "a"}], [Columns.of([{"x": "\ud800"}, {"x": None}])])
    assert found["x"].tolist()[0] == "\\ud800"


def test_an_infinite_number_is_named_with_its_line():
    with pytest.raises(BadData, match="line 2, has bits inf"):
        Columns.of([{"bits": 1}, {"bits": np.inf}])
