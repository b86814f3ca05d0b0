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


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # nine pairs: 3 beats 1 and 2, 5 beats all three, 2 beats 1 and ties 2: (2 + 3 + 1.5) / 9
        ([3, 5, 2], [1, 2, 4], 6.5 / 9),
        ([1, 2], [3, 4], 0.0),
        ([1, 1], [1, 1], 0.5),
        ([4], [1, 2, 3, 5], 0.75),
    ],
)
def test_the_probability_of_improvement_agrees_with_counted_pairs(first, second, expected):
    assert statistics.probability_of_improvement(first, second) == pytest.approx(expected)


@given(scores, scores)
def test_improvement_in_one_direction_and_in_the_other_add_up_to_one(first, second):
    there = statistics.probability_of_improvement(first, second)
    assert there + statistics.probability_of_improvement(second, first) == pytest.approx(1)


def test_the_probability_of_improvement_over_nothing_is_unknown():
    assert np.isnan(statistics.probability_of_improvement(np.array([]), np.array([1.0])))


@given(tables)
def test_an_interval_lies_within_the_scores_and_is_ordered(values):
    low, high = statistics.interval(values, rng(), resamples=50)
    assert values.min() - 1e-9 <= low <= high <= values.max() + 1e-9


@given(tables)
def test_an_interval_is_a_function_of_its_generator(values):
    once, again = (statistics.interval(values, rng(), resamples=50) for _ in range(2))
    assert once == again


def test_a_wider_level_gives_an_interval_that_contains_the_narrower():
    values = rng().normal(size=(10, 3))
    inner = statistics.interval(values, rng(), level=0.5)
    outer = statistics.interval(values, rng(), level=0.99)
    assert outer[0] <= inner[0] <= statistics.iqm(values) <= inner[1] <= outer[1]


def test_seeds_are_redrawn_within_each_stratum():
    # every seed of a stratum scores alike, so no resample differs and the interval is a point
    values = np.array([[0.0, 1.0, 0.5], [0.0, 1.0, 0.5], [0.0, 1.0, 0.5]])
    low, high = statistics.interval(values, rng(), statistic=statistics.mean)
    assert low == pytest.approx(0.5) and high == pytest.approx(0.5)


@pytest.mark.slow
def test_intervals_cover_the_truth_about_as_often_as_they_say():
    generator, covered = rng(), 0
    for _ in range(200):
        values = generator.normal(size=30)
        low, high = statistics.interval(values, generator, statistic=statistics.mean, resamples=400)
        covered += low <= 0 <= high
    assert 0.87 <= covered / 200 <= 0.99


def test_one_seed_has_no_interval():
    assert np.isnan(statistics.interval(np.array([0.7]), rng())).all()
    assert np.isnan(statistics.band(np.ones((1, 4)), rng())).all()
    assert statistics.estimate(np.array([0.7]), rng()).n == 1
    assert statistics.estimate(np.array([]), rng()).n == 0


@given(tables)
def test_a_band_contains_what_no_resampling_can_leave(values):
    low, high = statistics.band(values, rng(), resamples=40)
    assert (values.min(0) - 1e-9 <= low).all() and (low <= high).all()
    assert (high <= values.max(0) + 1e-9).all()


def test_a_paired_difference_ignores_what_both_sides_of_a_seed_share():
    seeds = np.array([0.1, 0.5, 0.9])
    found = statistics.paired_difference(seeds + 0.05, seeds, rng())
    assert found.n == 3
    assert found[:3] == pytest.approx((0.05, 0.05, 0.05))


def test_a_paired_difference_averages_pairs_within_a_seed():
    first, second = np.array([[0.5, 0.7], [0.9, 0.9]]), np.array([[0.4, 0.4], [0.8, 0.6]])
    # seed differences 0.2 and 0.2
    assert statistics.paired_difference(first, second, rng())[:3] == pytest.approx((0.2,) * 3)


def test_pairs_of_unequal_number_are_refused():
    with pytest.raises(ValueError, match="equal shapes"):
        statistics.paired_difference(np.ones(3), np.ones(2), rng())
