"""How many seeds are enough, against tables of power."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import statistics


@pytest.mark.parametrize(
    ("effect", "seeds"),
    # two-sided paired t test, level 0.05, power 0.8: the effects that Cohen (1988) calls small,
    # medium and large, as G*Power 3.1 has them
    [(0.2, 199), (0.5, 34), (0.8, 15)],
)
def test_the_number_of_seeds_is_the_tabled_one(effect, seeds):
    assert statistics.seeds_needed(effect, 1) == seeds
    assert statistics.seeds_needed(-10 * effect, 10) == seeds


def test_many_comparisons_take_more_seeds():
    # statsmodels 0.15: TTestPower().solve_power(0.5, alpha=0.05 / 12, power=0.8) is 59.09
    assert statistics.seeds_needed(0.5, 1, level=0.05 / 12) == 60


def test_power_agrees_with_statsmodels():
    # statsmodels 0.15: TTestPower().power(effect, seeds, 0.05)
    golden = [(0.5, 34, 0.8077775), (0.8, 15, 0.8213105), (1, 5, 0.4013899), (2, 3, 0.4707494)]
    for effect, seeds, expected in golden:
        assert statistics.power(effect, 1, seeds) == pytest.approx(expected, abs=1e-6)


@given(st.floats(0.3, 3), st.floats(0.1, 5), st.sampled_from([0.05, 0.05 / 12]))
def test_the_seeds_needed_are_the_first_that_see_it(effect, deviation, level):
    seeds = statistics.seeds_needed(effect, deviation, level=level)
    assert statistics.power(effect, deviation, seeds, level=level) >= 0.8
    assert statistics.power(effect, deviation, seeds - 1, level=level) < 0.8


@given(st.integers(2, 50), st.floats(0.01, 10))
def test_what_is_detectable_is_seen_with_just_that_power(seeds, deviation):
    effect = statistics.detectable(deviation, seeds)
    assert statistics.power(effect, deviation, seeds) == pytest.approx(0.8, abs=1e-6)


def test_without_an_effect_the_power_is_the_level():
    assert statistics.power(0, 1, 7, level=0.05) == pytest.approx(0.05)


def test_a_test_sees_a_difference_as_often_as_its_power_says():
    from scipy.stats import ttest_1samp

    differences = np.random.default_rng(1).normal(1.2, 1, size=(4000, 8))
    seen = np.mean(ttest_1samp(differences, 0, axis=1).pvalue < 0.05)
    assert seen == pytest.approx(statistics.power(1.2, 1, 8), abs=0.02)


def test_signs_of_few_seeds_cannot_give_a_small_p():
    assert [statistics.seeds_for_signs(level) for level in (0.5, 0.0625, 0.05, 0.01)] == [
        2,
        5,
        6,
        8,
    ]
    for level in (0.2, 0.05, 0.001):
        seeds = statistics.seeds_for_signs(level)
        assert 2 / 2**seeds <= level < 2 / 2 ** (seeds - 1)


def test_what_cannot_be_shown_is_refused():
    with pytest.raises(ValueError, match="no number of seeds"):
        statistics.seeds_needed(0, 1)
    with pytest.raises(ValueError, match="no number of seeds"):
        statistics.seeds_needed(1e-9, 1)
    assert statistics.seeds_needed(1, 0) == 2
    assert statistics.power(1, 1, 1) == 0 and math.isnan(statistics.detectable(1, 1))
