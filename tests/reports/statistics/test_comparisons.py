"""Two models against each other: tests with published answers, and what must always hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from reports import statistics

scores = arrays(float, st.integers(1, 20), elements=st.floats(0, 1))


pairs = arrays(float, st.integers(2, 8), elements=st.floats(-1, 1, width=32))
p_values = arrays(float, st.integers(1, 12), elements=st.floats(0, 1))
# Darwin's 15 pairs of maize, cross- less self-fertilised, in eighths of an inch (1876)
MAIZE = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48])


def rng():
    return np.random.default_rng(7)


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


def test_the_probability_of_improvement_over_tasks_agrees_with_rliable():
    # rliable 1.2.0: metrics.probability_of_improvement, five runs against four on three tasks
    first = np.array(
        [[0.1, 0.5, 0.9], [0.2, 0.6, 1.1], [0.3, 0.4, 0.8], [0.0, 0.7, 1.0], [0.4] * 3]
    )
    second = np.array([[0.2, 0.5, 0.7], [0.1, 0.3, 0.9], [0.3, 0.6, 0.8], [0.5, 0.2, 0.4]])
    assert statistics.probability_of_improvement(first, second) == pytest.approx(0.6)
    alone = [statistics.probability_of_improvement(first[:, k], second[:, k]) for k in range(3)]
    assert alone == pytest.approx([0.375, 0.7, 0.725])


@given(scores, scores)
def test_the_probability_of_improvement_is_the_statistic_of_mann_and_whitney(first, second):
    wins = stats.mannwhitneyu(first, second, method="exact").statistic
    found = statistics.probability_of_improvement(first, second)
    assert found == pytest.approx(wins / (len(first) * len(second)))


@given(scores, scores)
def test_an_improvement_lies_in_its_interval_which_turns_round_with_the_sides(first, second):
    found, back = statistics.improvement(first, second), statistics.improvement(second, first)
    if min(len(first), len(second)) < 2:
        assert np.isnan([found.low, found.high]).all()
        return
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert (1 - back.high, 1 - back.low) == pytest.approx((found.low, found.high), abs=1e-6)
    # never so sure as to have no width, even where every run beats every other
    assert found.high - found.low > 0.05


def test_the_interval_of_an_improvement_solves_newcombes_equation():
    # three runs against three, all better: (1 - low)² = z² low (1 - low) (1 + 2 (…)) / 9
    low = statistics.improvement([4, 5, 6], [1, 2, 3]).low
    inner = 1 + 2 * ((1 - low) / (2 - low) + low / (1 + low))
    assert (1 - low) ** 2 == pytest.approx(1.959964**2 * low * (1 - low) * inner / 9, rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("better", [0, 1, 2])
@pytest.mark.parametrize("seeds", [5, 10])
def test_intervals_of_the_improvement_hold_the_truth(seeds, better):
    generator, covered = rng(), 0
    truth = stats.norm.cdf(better / np.sqrt(2))
    for _ in range(1000):
        found = statistics.improvement(
            better + generator.normal(size=seeds), generator.normal(size=seeds)
        )
        covered += found.low <= truth <= found.high
    assert 930 <= covered <= 985


def test_flipped_signs_give_fishers_p_of_darwins_maize():
    # Fisher (1935), section 21: 863 of the 32,768 choices of signs sum to 314 or more
    assert MAIZE.sum() == 314
    assert statistics.sign_flip_test(MAIZE, rng()) == pytest.approx(2 * 863 / 32768)


@given(pairs)
def test_flipped_signs_agree_with_scipys_permutations(differences):
    reference = stats.permutation_test(
        (differences,), np.sum, permutation_type="samples", n_resamples=np.inf
    )
    found = statistics.sign_flip_test(differences, rng())
    assert found == pytest.approx(reference.pvalue)
    assert 2 / 2 ** len(differences) <= found <= 1


def test_drawn_signs_come_close_to_all_of_them(monkeypatch):
    exact = statistics.sign_flip_test(MAIZE, rng())
    monkeypatch.setattr("reports.statistics.comparisons._EXACT", 10)
    assert statistics.sign_flip_test(MAIZE, rng()) == pytest.approx(exact, abs=0.01)


def test_where_nothing_differs_p_is_one_and_of_nothing_it_is_unknown():
    assert statistics.sign_flip_test(np.zeros(4), rng()) == 1
    assert np.isnan(statistics.sign_flip_test(np.array([]), rng()))


def test_adjusted_p_values_agree_with_statsmodels():
    # statsmodels 0.15: multipletests(p, method="holm")[1]
    found = statistics.holm(np.array([0.01, 0.04, 0.03, 0.005, 0.2, 0.04]))
    assert found == pytest.approx([0.05, 0.12, 0.12, 0.03, 0.2, 0.12])


@given(p_values)
def test_holm_is_what_statsmodels_has(values):
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    expected = multitest.multipletests(values, method="holm")[1]
    assert statistics.holm(values) == pytest.approx(expected)


@given(p_values)
def test_adjusted_p_values_keep_their_order_and_are_between_one_comparison_and_all(values):
    found = statistics.holm(values)
    assert (found >= values).all() and (found <= np.minimum(1, len(values) * values)).all()
    assert (np.diff(found[np.argsort(values, kind="stable")]) >= 0).all()


def test_an_unknown_p_value_does_not_count_as_a_comparison():
    found = statistics.holm(np.array([0.02, np.nan, 0.04]))
    assert found[[0, 2]] == pytest.approx([0.04, 0.04]) and np.isnan(found[1])


def test_redrawn_tasks_widen_the_interval_of_a_difference_over_tasks():
    # five tasks, two models each; seeds hardly differ and tasks do
    by_task = np.repeat([-0.10, -0.08, -0.06, -0.04, -0.02], 2)
    first = by_task + 0.001 * rng().normal(size=(5, 10))
    tasks = np.repeat(list("abcde"), 2)
    seeds = statistics.paired_difference(first, 0 * first, rng())
    both = statistics.paired_difference(first, 0 * first, rng(), tasks=tasks)
    assert (seeds.over, both.over) == ("seeds", "seeds and tasks")
    assert seeds.value == both.value == pytest.approx(-0.06, abs=1e-3)
    assert seeds.high - seeds.low < 0.002 and both.high - both.low > 0.04
    alone = statistics.paired_difference(first[:, :2], first[:, 2:4], rng(), tasks=["a", "a"])
    assert np.isnan([alone.low, alone.high]).all()


@pytest.mark.slow
def test_the_interval_over_seeds_and_tasks_holds_the_truth_of_new_tasks():
    generator, covered, tasks = rng(), 0, np.repeat(np.arange(5), 3)
    for _ in range(1000):
        shared = generator.normal(size=5) + generator.normal(size=(5, 5))
        found_SK = shared[:, tasks] + generator.normal(size=(5, 15))
        found = statistics.paired_difference(found_SK, 0 * found_SK, generator, tasks=tasks)
        covered += found.low <= 0 <= found.high
    # the pigeonhole bootstrap errs on the safe side (Owen 2007)
    assert covered >= 930
