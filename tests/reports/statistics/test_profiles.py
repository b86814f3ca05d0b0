"""Performance profiles: what share of runs is above a threshold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from reports import statistics

tables = arrays(
    float, st.tuples(st.integers(2, 6), st.integers(1, 4)), elements=st.floats(0, 1, width=32)
)
GRID = np.linspace(0, 1, 11)


def rng():
    return np.random.default_rng(7)


def test_a_profile_agrees_with_rliable():
    # rliable 1.2.0: library.run_score_deviation(runs, threshold)
    runs = np.array([[0.1, 0.5, 0.9], [0.2, 0.6, 1.1], [0.3, 0.4, 0.8], [0.0, 0.7, 1.0], [0.4] * 3])
    found = statistics.performance_profile(runs, np.array([0, 0.25, 0.4, 0.75, 1]))
    assert found == pytest.approx(np.array([14, 12, 7, 4, 1]) / 15)


@given(tables)
def test_a_profile_falls_from_all_runs_to_none_and_lies_in_its_band(values):
    profile = statistics.performance_profile(values, GRID)
    assert (np.diff(profile) <= 0).all() and profile[-1] == 0
    assert statistics.performance_profile(values, np.array([-1.0])) == 1
    low, high = statistics.profile_band(values, GRID, rng(), resamples=50)
    assert (low <= high + 1e-12).all() and (low >= -1e-12).all() and (high <= 1 + 1e-12).all()


@given(tables)
def test_the_area_below_a_profile_is_the_mean(values):
    fine = (np.arange(20_000) + 0.5) / 20_000
    area = statistics.performance_profile(values, fine).mean()
    assert area == pytest.approx(values.mean(), abs=1e-4)


def test_seeds_are_redrawn_within_each_task():
    # all runs of a task score alike: no resample differs, though tasks do
    values = np.array([[0.2, 0.8]] * 4)
    low, high = statistics.profile_band(values, np.array([0.5]), rng())
    assert low == high == 0.5


def test_a_band_narrows_with_seeds_and_one_seed_has_none():
    few, many = (rng().random((seeds, 2)) for seeds in (5, 50))
    widths = [
        np.diff(statistics.profile_band(v, np.array([0.5]), rng()), axis=0)[0] for v in (few, many)
    ]
    assert widths[0] > widths[1] > 0
    assert np.isnan(statistics.profile_band(np.ones((1, 2)), GRID, rng())).all()
