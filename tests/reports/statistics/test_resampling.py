"""Bootstrap intervals: what is redrawn, and how often the truth lies within."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from reports import statistics, trial_counts
from reports.statistics.resampling import percentiles

tables = arrays(
    float, st.tuples(st.integers(2, 6), st.integers(1, 4)), elements=st.floats(0, 1, width=32)
)


def rng():
    return np.random.default_rng(7)


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


def gaussian(generator, seeds, tasks):
    return generator.normal(size=(seeds, tasks))


def accuracies(generator, seeds, tasks):
    """Skewed, between 0 and 1, some tasks harder than others."""
    return generator.beta(8, 2, size=(seeds, tasks))


def covered(draw, truth, *, seeds, tasks=1, studies=1000, over_tasks=False):
    """In how many simulated studies the interval of an estimate held the truth."""
    generator, within = rng(), 0
    for _ in range(studies):
        found = statistics.estimate(draw(generator, seeds, tasks), generator, tasks=over_tasks)
        within += found.low <= truth <= found.high
    print(f"{seeds} seeds of {tasks} tasks, {draw.__name__}: {within} of {studies}")
    return within


@pytest.mark.slow
@pytest.mark.parametrize(("seeds", "tasks"), [(5, 1), (20, 1), (5, 5), (10, 5)])
def test_intervals_hold_the_truth_in_93_to_97_of_100_studies(seeds, tasks):
    normal = covered(gaussian, 0, seeds=seeds, tasks=tasks)
    # the interquartile mean of very many accuracies
    truth = float(statistics.iqm(accuracies(rng(), 1_000_000, 1)))
    skewed = covered(accuracies, truth, seeds=seeds, tasks=tasks)
    assert 930 <= normal <= 970 and 930 <= skewed <= 970


@pytest.mark.slow
def test_of_ten_seeds_of_one_task_the_interval_is_a_little_wide():
    assert 950 <= covered(gaussian, 0, seeds=10) <= 980


@pytest.mark.slow
def test_the_interval_without_expansion_would_be_too_narrow(monkeypatch):
    monkeypatch.setattr("reports.statistics.resampling.percentiles", lambda *_: (2.5, 97.5))
    assert covered(gaussian, 0, seeds=5, tasks=5) < 930


@pytest.mark.slow
@pytest.mark.parametrize(("seeds", "least", "most"), [(2, 450, 550), (3, 720, 800), (4, 830, 900)])
def test_few_seeds_hold_the_truth_as_seldom_as_reports_say(seeds, least, most):
    held = covered(gaussian, 0, seeds=seeds)
    assert least <= held <= most and trial_counts.FEW[seeds] == round(held / 10)


@pytest.mark.slow
def test_an_interval_over_tasks_holds_the_truth_of_new_tasks():
    def several(generator, seeds, tasks):
        return 2 * generator.normal(size=tasks) + generator.normal(size=(seeds, tasks))

    assert covered(several, 0, seeds=5, tasks=10, over_tasks=True) >= 930
    # redrawing seeds alone speaks for these tasks only
    assert covered(several, 0, seeds=5, tasks=10) < 700


def test_the_percentiles_are_those_of_hesterberg():
    # Φ(-√(n / (n - 1)) t) with t = 2.776 and 2.262 of a table of Student's distribution
    assert percentiles(0.95, 5)[0] == pytest.approx(0.0955, abs=1e-3)
    assert percentiles(0.95, 10)[0] == pytest.approx(0.855, abs=1e-3)
    # of many seeds nothing is left of it
    assert percentiles(0.95, 100_000) == pytest.approx((2.5, 97.5), abs=1e-3)
    low, high = percentiles(0.9, 7, 3)
    assert low + high == pytest.approx(100)


def test_one_seed_has_no_interval():
    assert np.isnan(statistics.interval(np.array([0.7]), rng())).all()
    assert np.isnan(statistics.band(np.ones((1, 4)), rng())).all()
    assert statistics.estimate(np.array([0.7]), rng()).n == 1
    assert statistics.estimate(np.array([]), rng()).n == 0


@given(tables)
def test_a_band_is_that_of_all_resamples_drawn_one_by_one(values):
    low, high = statistics.band(values, rng(), resamples=40)
    picks = rng().integers(len(values), size=(40, len(values)))
    found = np.stack([statistics.iqm(values[pick], axis=0) for pick in picks])
    plain = np.percentile(found, percentiles(0.95, len(values)), axis=0)
    np.testing.assert_allclose([low, high], plain, rtol=1e-12, atol=1e-12)


@given(tables)
def test_a_band_contains_what_no_resampling_can_leave(values):
    low, high = statistics.band(values, rng(), resamples=40)
    assert (values.min(0) - 1e-9 <= low).all() and (low <= high).all()
    assert (high <= values.max(0) + 1e-9).all()


def test_redrawn_tasks_widen_an_interval_where_tasks_differ():
    values = np.array([0.0, 0.5, 1.0]) + 0.01 * rng().normal(size=(5, 3))
    seeds = statistics.estimate(values, rng(), statistic=statistics.mean)
    tasks = statistics.estimate(values, rng(), statistic=statistics.mean, tasks=True)
    assert seeds.value == tasks.value
    assert tasks.high - tasks.low > 10 * (seeds.high - seeds.low)


def test_one_task_says_nothing_of_others():
    alone = statistics.estimate(rng().random((5, 1)), rng(), tasks=True)
    assert np.isnan([alone.low, alone.high]).all() and np.isfinite(alone.value)


def test_an_estimate_says_what_it_generalises_over():
    values = rng().random((4, 3))
    assert statistics.estimate(values, rng()).over == "seeds"
    assert statistics.estimate(values, rng(), tasks=True).over == "seeds and tasks"
    assert statistics.estimate(np.array([0.7]), rng()).n == 1
    assert statistics.estimate(np.array([]), rng()).n == 0
