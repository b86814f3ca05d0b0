"""Means, medians and gaps of many scores against what papers and other libraries give."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from reports import statistics

scores = arrays(float, st.integers(1, 20), elements=st.floats(0, 1))
tables = arrays(
    float, st.tuples(st.integers(2, 6), st.integers(1, 4)), elements=st.floats(0, 1, width=32)
)


def rng():
    return np.random.default_rng(7)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # eight scores: two are cut at each end, (3 + 4 + 5 + 6) / 4
        ([1, 2, 3, 4, 5, 6, 7, 100], 4.5),
        # five scores: one is cut at each end, (2 + 3 + 10) / 3
        ([1, 2, 3, 10, 90], 5.0),
        # three scores: a quarter is less than one, nothing is cut
        ([0.0, 0.3, 0.9], 0.4),
        ([0.25], 0.25),
    ],
)
def test_the_interquartile_mean_agrees_with_hand_computation(values, expected):
    assert statistics.iqm(np.array(values)) == pytest.approx(expected)


def test_the_interquartile_mean_agrees_with_the_trimmed_mean_of_scipy():
    from scipy.stats import trim_mean

    values = rng().normal(size=(37, 3))
    assert statistics.iqm(values) == pytest.approx(trim_mean(values.ravel(), 0.25))
    assert statistics.iqm(values, axis=0) == pytest.approx(trim_mean(values, 0.25, axis=0))


@given(scores)
def test_the_interquartile_mean_lies_between_the_smallest_and_the_largest(values):
    assert values.min() - 1e-12 <= statistics.iqm(values) <= values.max() + 1e-12


@given(scores, st.randoms())
def test_the_interquartile_mean_does_not_know_the_order(values, random):
    mixed = list(values)
    random.shuffle(mixed)
    assert statistics.iqm(np.array(mixed)) == statistics.iqm(values)


def test_aggregates_agree_with_rliable():
    # rliable 1.2.0, the library of Agarwal et al. (2021): five runs of three tasks
    runs = np.array([[0.1, 0.5, 0.9], [0.2, 0.6, 1.1], [0.3, 0.4, 0.8], [0.0, 0.7, 1.0], [0.4] * 3])
    # metrics.aggregate_iqm, aggregate_mean, aggregate_optimality_gap with gamma 1 and 0.5
    assert statistics.iqm(runs) == pytest.approx(0.5)
    assert statistics.mean(runs) == pytest.approx(0.52)
    assert statistics.optimality_gap(runs) == pytest.approx(0.4866666666666666)
    assert statistics.optimality_gap(runs, optimum=0.5) == pytest.approx(0.12)


@given(tables)
def test_the_optimality_gap_of_fractions_is_what_their_mean_lacks(values):
    assert statistics.optimality_gap(values) == pytest.approx(1 - values.mean())
    along = statistics.optimality_gap(values, axis=0)
    assert along == pytest.approx(1 - statistics.mean(values, axis=0))


@given(tables)
def test_the_median_is_numpys(values):
    assert statistics.median(values) == np.median(values)
    assert (statistics.median(values, axis=1) == np.median(values, axis=1)).all()
