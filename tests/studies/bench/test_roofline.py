"""The limit of the machine, from figures that are given."""

import pytest

from studies.bench import roofline


def test_the_stricter_method_is_the_limit_and_the_weaker_is_named(roof):
    strict = roof(fma=200.0, core_fma=100.0, sgemm=150.0)
    assert strict["peak_gflops"] == 200.0 and strict["strict"]
    assert not any("too small" in line for line in roofline.sentences(strict))
    weak = roof(sgemm=150.0, fma=0.0)
    assert weak["peak_gflops"] == 150.0
    assert any("weaker limit" in line for line in roofline.sentences(weak))
    assert roofline.limit_ms(2e9, strict) == pytest.approx(10.0)


def test_of_two_measurements_the_larger_figures_count(roof):
    both = roofline.larger(roof(fma=200.0, sgemm=10.0), roof(fma=150.0, sgemm=180.0))
    assert both["measured"]["fma"] == 200.0 and both["measured"]["sgemm"] == 180.0
