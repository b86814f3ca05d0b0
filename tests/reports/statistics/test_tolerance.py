"""Tolerance intervals against the tables of Wilks and of Hahn and Meeker."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import statistics


@pytest.mark.parametrize(
    ("content", "confidence", "seeds"),
    # Hahn and Meeker (1991), table A.17: the smallest sample whose range is a tolerance interval
    [(0.95, 0.95, 93), (0.9, 0.95, 46), (0.99, 0.95, 473), (0.9, 0.9, 38), (0.5, 0.95, 8)],
)
def test_the_number_of_seeds_is_the_tabled_one(content, confidence, seeds):
    assert statistics.range_seeds(content, confidence) == seeds


@given(st.integers(2, 60), st.floats(0.01, 0.99))
def test_the_confidence_of_a_range_is_wilks_formula(n, content):
    expected = 1 - n * content ** (n - 1) + (n - 1) * content**n
    assert statistics.range_confidence(n, content) == pytest.approx(expected, abs=1e-9)


@given(st.integers(2, 60), st.floats(0.05, 0.95))
def test_content_and_confidence_are_inverse_to_each_other(n, confidence):
    content = statistics.range_content(n, confidence)
    assert statistics.range_confidence(n, content) == pytest.approx(confidence)


@pytest.mark.parametrize(
    ("n", "factors"),
    # two-sided factors for 95 % confidence that 90, 95 and 99 % are held, from Hahn (1970), as in
    # Berthouex and Brown (2002), "Statistics for environmental engineers", table 21.1
    [
        (4, (5.37, 6.34, 8.22)),
        (5, (4.29, 5.08, 6.60)),
        (8, (3.16, 3.75, 4.89)),
        (20, (2.32, 2.76, 3.62)),
        (30, (2.15, 2.55, 3.35)),
    ],
)
def test_normal_factors_are_the_tabled_ones(n, factors):
    found = [statistics.normal_tolerance_factor(n, content) for content in (0.9, 0.95, 0.99)]
    assert found == pytest.approx(factors, abs=0.006)


def test_an_interval_cuts_what_it_can_and_no_more():
    scores = np.arange(100.0)
    # 93 scores are enough for their range, so of 100 none may be cut; of 200 some may
    assert statistics.tolerance_interval(scores, 0.95) == (0, 99)
    low, high = statistics.tolerance_interval(np.arange(200.0)[::-1], 0.95)
    assert low + high == 199 and low > 0
    cut = int(low)
    assert statistics.range_confidence(200, 0.95, cut) >= 0.95
    assert statistics.range_confidence(200, 0.95, cut + 1) < 0.95


def test_too_few_scores_have_no_interval():
    assert np.isnan(statistics.tolerance_interval(np.arange(92.0), 0.95)).all()
    assert np.isnan(statistics.tolerance_interval(np.array([1.0]), 0.5)).all()
    assert statistics.range_content(1) == 0 and statistics.range_confidence(1, 0.5) == 0


@pytest.mark.parametrize(("content", "confidence"), [(0, 0.95), (1, 0.95), (0.9, 1), (0.9, -1)])
def test_shares_outside_of_zero_and_one_are_refused(content, confidence):
    with pytest.raises(ValueError, match="between 0 and 1"):
        statistics.range_seeds(content, confidence)
    with pytest.raises(ValueError, match="two scores"):
        statistics.normal_tolerance_factor(1, 0.9)


def test_the_share_held_is_as_sure_as_it_says():
    generator, held = np.random.default_rng(5), 0
    for _ in range(2000):
        scores = generator.random(5)
        # of a uniform distribution the range is the share that it holds
        held += np.ptp(scores) >= statistics.range_content(5, 0.95)
    assert 0.93 <= held / 2000 <= 0.97
