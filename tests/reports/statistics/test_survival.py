"""Time to solve as survival, against the table of Freireich et al. and against scipy."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from reports import statistics

# Freireich et al. (1963), weeks of remission of 21 patients under 6-mercaptopurine and of 21 under
# placebo, as in Klein and Moeschberger (2003), table 1.1; zero: still in remission
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]

trials = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=15)


def test_the_curve_is_the_published_one_of_the_leukemia_patients():
    curve = statistics.kaplan_meier(np.array(WEEKS), np.array(RELAPSED))
    # Klein and Moeschberger (2003), table 4.1: time, relapses, at risk, Ŝ
    table = [
        (6, 3, 21, 0.857),
        (7, 1, 17, 0.807),
        (10, 1, 15, 0.753),
        (13, 1, 12, 0.690),
        (16, 1, 11, 0.628),
        (22, 1, 7, 0.538),
        (23, 1, 6, 0.448),
    ]
    found = zip(curve.times_E, curve.solved_E, curve.at_risk_E, curve.share_E, strict=True)
    for row, expected in zip(found, table, strict=True):
        assert row == pytest.approx(expected, abs=0.001)
    # lifelines 0.30: KaplanMeierFitter().fit(WEEKS, RELAPSED).confidence_interval_, at 6, 10, 23
    assert curve.low_E[[0, 2, 6]] == pytest.approx([0.619718, 0.503200, 0.188052], abs=1e-6)
    assert curve.high_E[[0, 2, 6]] == pytest.approx([0.951552, 0.889362, 0.680143], abs=1e-6)


def test_without_censoring_the_curve_counts_who_is_left():
    curve = statistics.kaplan_meier(np.array(PLACEBO), np.ones(21))
    # the same book, exercise and table 1.1: 19, 17, 16, 14, 12, 8, 6, 4, 3, 2, 1 and 0 of 21
    left = np.array([19, 17, 16, 14, 12, 8, 6, 4, 3, 2, 1, 0]) / 21
    assert curve.share_E == pytest.approx(left)


def test_the_restricted_mean_is_the_published_one():
    # lifelines 0.30: restricted_mean_survival_time(KaplanMeierFitter().fit(...), 35) is 23.287395;
    # Klein and Moeschberger (2003), example 4.2, have the standard error 2.827
    found = statistics.restricted_mean(np.array(WEEKS), np.array(RELAPSED), 35)
    assert found.value == pytest.approx(23.287395, abs=1e-6) and found.n == 21
    half = stats.t.ppf(0.975, 8) * 2.827 * np.sqrt(9 / 8)
    assert (found.low, found.high) == pytest.approx((23.287 - half, 23.287 + half), abs=0.005)
    placebo = statistics.restricted_mean(np.array(PLACEBO), np.ones(21), 35)
    assert placebo.value == pytest.approx(np.mean(PLACEBO))


def test_where_all_have_solved_it_the_restricted_mean_is_the_mean_and_its_t_interval():
    found = statistics.restricted_mean(np.array(PLACEBO), np.ones(21), 40)
    expected = stats.ttest_1samp(PLACEBO, 0).confidence_interval()
    assert found[1:3] == pytest.approx((expected.low, expected.high))


def test_a_trial_that_never_solved_counts_with_all_of_its_time():
    # 10 and 20 solved, one stopped at 30 without: (10 + 20 + 30) / 3, where dropping it gives 15
    found = statistics.restricted_mean(np.array([10, 20, 30]), np.array([True, True, False]), 30)
    assert found.value == pytest.approx(20)
    none = statistics.restricted_mean(np.array([30, 30]), np.array([False, False]), 30)
    assert none.value == 30 and np.isnan(none.low) and np.isnan(none.high)


@given(trials)
def test_the_curve_and_its_interval_are_those_of_scipy(found):
    times, solved = (np.array(column) for column in zip(*found, strict=True))
    curve = statistics.kaplan_meier(times, solved)
    data = stats.CensoredData(uncensored=times[solved], right=times[~solved])
    with warnings.catch_warnings():
        # of shares of 0 and 1 it has no interval either
        warnings.simplefilter("ignore", RuntimeWarning)
        reference = stats.ecdf(data).sf
        ends = reference.confidence_interval(method="log-log")
    assert curve.share_E == pytest.approx(reference.evaluate(curve.times_E), abs=1e-12)
    inside = curve.share_E > 1e-12
    for end_E, end in ((curve.low_E, ends.low), (curve.high_E, ends.high)):
        at_E = end.evaluate(curve.times_E)
        assert end_E[inside] == pytest.approx(at_E[inside], abs=1e-9)


@given(trials)
def test_the_curve_falls_from_one_and_the_mean_lies_below_the_limit(found):
    times, solved = (np.array(column) for column in zip(*found, strict=True))
    curve = statistics.kaplan_meier(times, solved)
    steps = np.concatenate([[1.0], curve.share_E])
    assert (np.diff(steps) < 0).all() and steps[-1] >= 0
    mean = statistics.restricted_mean(times, solved, times.max())
    # those who stopped unsolved would only have added to it
    assert np.minimum(times, times.max()).mean() - 1e-9 <= mean.value <= times.max() + 1e-9


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [10, 20])
def test_intervals_of_the_restricted_mean_hold_the_truth_in_93_to_98_of_100(seeds):
    generator, covered = np.random.default_rng(3), 0
    truth = 1 - np.exp(-2)
    for _ in range(1000):
        times = generator.exponential(size=seeds)
        found = statistics.restricted_mean(np.minimum(times, 2), times < 2, 2.0)
        covered += found.low <= truth <= found.high
    assert 930 <= covered <= 980


def test_times_that_are_unknown_or_beyond_what_was_followed_are_refused():
    with pytest.raises(ValueError, match="must be known"):
        statistics.kaplan_meier(np.array([1.0, np.nan]), np.array([True, False]))
    with pytest.raises(ValueError, match="solved or not"):
        statistics.kaplan_meier(np.array([1.0, 2.0]), np.array([True]))
    with pytest.raises(ValueError, match="followed up to 9"):
        statistics.restricted_mean(np.array([1.0, 5.0]), np.array([True, False]), 9)
    assert statistics.restricted_mean(np.array([]), np.array([]), 1.0).n == 0
