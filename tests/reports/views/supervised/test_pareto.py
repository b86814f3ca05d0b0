"""Accuracy against training time: which models no other beats."""

import numpy as np
import pytest

from reports.results import read
from reports.views.supervised import pareto


@pytest.mark.parametrize(
    ("costs", "scores", "expected"),
    [
        ([1, 2, 3], [0.5, 0.6, 0.7], [True, True, True]),
        ([1, 2, 3], [0.7, 0.6, 0.5], [True, False, False]),
        ([1, 1, 2], [0.5, 0.6, 0.6], [False, True, False]),
        ([1, 1], [0.5, 0.5], [True, True]),
    ],
)
def test_a_pair_is_beaten_by_one_that_is_better_and_no_worse(costs, scores, expected):
    assert pareto.unbeaten(np.array(costs), np.array(scores)).tolist() == expected


def test_the_front_of_a_study_is_named_and_drawn(demo):
    results = read(demo)
    frame = pareto.costs(results)
    # none/lstm is the fastest and ntm/soft the most accurate, by their rows
    front = set(frame.loc[frame["front"], "model"])
    assert {"none/lstm", "ntm/soft"} <= front and "dnc/straight_through" not in front
    (picture,) = pareto.pictures(results)
    assert all(name in picture.says for name in front) and "of 6 models" in picture.says.lower()
    named = {text.get_text() for text in picture.figure.axes[0].texts}
    assert named == front


def test_one_model_alone_has_no_such_figure(store_of):
    assert pareto.pictures(read(store_of(names=("ntm/soft",), seeds=(0,)))) == []
